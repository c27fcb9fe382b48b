// The program with two faults of known places, for profile_test.py: OKX's handler is slow, and
// Binance's loses memory. The linker leads make_adapter() through here.
#include <chrono>
#include <memory>
#include <string_view>
#include <utility>

#include "venue/adapter.hpp"

namespace mp::planted {

using venue::Adapter;
using venue::Decoder;

constexpr std::chrono::microseconds kSlow{300};
constexpr std::size_t kLostBytes = 2048;

class SlowHandler final : public Decoder {
 public:
  explicit SlowHandler(std::unique_ptr<Decoder> inner) : inner_(std::move(inner)) {}
  venue::Reading read(std::string_view frame, Timestamp ts_recv, EventHandler& handler) override {
    const auto end = std::chrono::steady_clock::now() + kSlow;
    while (std::chrono::steady_clock::now() < end) {
      for (const char c : frame) sum_ = sum_ * 31 + static_cast<unsigned char>(c);
    }
    return inner_->read(frame, ts_recv, handler);
  }

 private:
  std::unique_ptr<Decoder> inner_;
  volatile std::uint64_t sum_ = 0;
};

class LeakingHandler final : public Decoder {
 public:
  explicit LeakingHandler(std::unique_ptr<Decoder> inner) : inner_(std::move(inner)) {}
  venue::Reading read(std::string_view frame, Timestamp ts_recv, EventHandler& handler) override {
    kept_ = new Lost{.before = kept_};  // the planted leak
    return inner_->read(frame, ts_recv, handler);
  }

 private:
  struct Lost {  // reachable, so that no sanitizer minds
    Lost* before;
    char bytes[kLostBytes] = {};
  };
  std::unique_ptr<Decoder> inner_;
  static inline Lost* kept_ = nullptr;
};

template <class Handler>
class Planted final : public Adapter {
 public:
  explicit Planted(std::unique_ptr<Adapter> inner) : inner_(std::move(inner)) {}
  [[nodiscard]] const venue::Traits& traits() const override { return inner_->traits(); }
  [[nodiscard]] std::unique_ptr<Decoder> decoder() const override {
    return std::make_unique<Handler>(inner_->decoder());
  }
  bool fill(std::string_view hole, const venue::Subscription& wanted,
            std::string& out) const override {
    return inner_->fill(hole, wanted, out);
  }
  [[nodiscard]] Result<void> read_rest(const venue::RestCall& call, std::string_view body,
                                       Timestamp ts_recv, EventHandler& handler,
                                       venue::RestReading& out) const override {
    return inner_->read_rest(call, body, ts_recv, handler, out);
  }
  [[nodiscard]] std::optional<InstrumentInfo> derive(std::string_view symbol) const override {
    return inner_->derive(symbol);
  }

 private:
  std::unique_ptr<Adapter> inner_;
};

// The linker's names for what is wrapped: ld(1), --wrap.
std::unique_ptr<Adapter> make_real(std::string_view name) __asm__(
    "__real__ZN2mp5venue12make_adapterESt17basic_string_viewIcSt11char_traitsIcEE");
std::unique_ptr<Adapter> make_planted(std::string_view name) __asm__(
    "__wrap__ZN2mp5venue12make_adapterESt17basic_string_viewIcSt11char_traitsIcEE");

std::unique_ptr<Adapter> make_planted(std::string_view name) {
  auto made = make_real(name);
  if (made && name == "okx") return std::make_unique<Planted<SlowHandler>>(std::move(made));
  if (made && name == "binance") return std::make_unique<Planted<LeakingHandler>>(std::move(made));
  return made;
}

}  // namespace mp::planted
