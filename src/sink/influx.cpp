// L3. The InfluxDB sink: line protocol over HTTP, for version 1 and 2.
//
// A point is one by its tags and its time. Events of one stream that came in one frame have the
// same time; the tag `n` tells them apart (line_protocol.hpp), and is counted alike when they are
// delivered again: the cursor never stands among events of one time. So a second delivery writes
// the same points, which is harmless.
#include <array>
#include <string>

#include "sink/connection_keys.hpp"
#include "sink/http_batch.hpp"
#include "sink/line_protocol.hpp"
#include "sink/registry.hpp"

namespace mp::sink {
namespace {

constexpr std::chrono::seconds kComplete{1};  // a frame's events are in the journal long before

bool is_version_2(const Settings& settings) {
  return !settings.text("bucket").empty();
}

class Influx final : public Sink {
 public:
  explicit Influx(const Settings& settings)
      : settings_(settings), http_(http_settings(settings, settings.flag("compress"), "Token")) {
    const auto of = [&](std::string_view key) { return url_encoded(settings.text(key)); };
    target_ = is_version_2(settings)
                  ? "/api/v2/write?precision=ns&org=" + of("org") + "&bucket=" + of("bucket")
                  : "/write?precision=ns&db=" + of("database");
  }

  Result<void> open() override {
    on_the_way_.forget();
    if (is_version_2(settings_)) {
      const auto there = http_.ask({.target = "/ping", .method = HttpRequest::Method::get});
      return there ? Result<void>{} : Result<void>{there.error()};
    }
    std::string name;
    for (const char c : settings_.text("database")) {
      if (c == '"' || c == '\\') name.push_back('\\');
      name.push_back(c);
    }
    const auto statement = "CREATE DATABASE \"" + name + "\"";
    const auto made = http_.ask({.target = "/query?q=" + url_encoded(statement)});
    return made ? Result<void>{} : Result<void>{made.error()};
  }

  [[nodiscard]] std::optional<std::uint64_t> delivered() const override { return delivered_; }

  Written write(const Batch& batch) override {
    if (batch.items.empty()) return {};
    if (!on_the_way_.is(batch)) begin(batch);
    Written written = on_the_way_.step(http_);
    if (written.outcome == Outcome::done) take(batch);
    return written;
  }

  Written tick(Timestamp now) override {
    if (!taken_at_) taken_at_ = now;
    if (now - *taken_at_ > kComplete) delivered_ = end_;
    return {};
  }

  Written close() override {
    delivered_ = end_;
    return {};
  }

 private:
  void begin(const Batch& batch) {
    counted_ = counted_before_;
    auto& request = on_the_way_.begin(batch).emplace_back();
    request.target = target_;
    for (const Item& item : batch.items)
      append_line(*item.event, counted_.number_of(*item.event), request.body);
  }

  void take(const Batch& batch) {
    counted_before_ = counted_;
    for (const Item& item : batch.items) {
      if (item.event->ts_recv != time_) delivered_ = item.index;
      time_ = item.event->ts_recv;
    }
    end_ = batch.items.back().index + 1;
    taken_at_.reset();
  }

  const Settings settings_;
  HttpClient http_;
  HttpBatch on_the_way_;
  std::string target_;
  SameTime counted_;             // with the batch that is on the way
  SameTime counted_before_;      // without
  Timestamp time_{};             // of the last event that was taken
  std::uint64_t delivered_ = 0;  // where the events of that time begin
  std::uint64_t end_ = 0;        // behind it
  std::optional<Timestamp> taken_at_;
};

constexpr std::array kInfluxKeys = {
    Key{"url", "http://127.0.0.1:8086", "The server."},
    Key{"database", "marketprism",
        "Of version 1: where it writes; made where it is missing. One measurement for each "
        "channel."},
    Key{"user", "", "Of version 1: who writes.", "\"collector\""},
    Key{"password", "", "Its password.", "\"secret\""},
    Key{"bucket", "", "Of version 2: where it writes; its being there makes it version 2.",
        "\"market\""},
    Key{"org", "", "Likewise, whose bucket it is.", "\"desk\""},
    Key{"token", "", "Likewise, who writes.", "\"...\""},
    kTrustKey,
    Key{"compress", true, "Compress what is sent with gzip."},
    timeout_key(std::chrono::milliseconds{10'000}),
};
constexpr std::array kInfluxUsual = {Usual{"batch_age", std::chrono::milliseconds{200}}};

}  // namespace

constexpr Spec kInflux = {
    .type = "influx",
    .what = "InfluxDB, version 1 or 2",
    .keys = kInfluxKeys,
    .usual = kInfluxUsual,
    .guarantee = Guarantee::at_least_once,
    .harmless =
        "A point that is written again is the same point. Events of one frame and stream "
        "have one time: the tag `n` tells them apart.",
    .loss_window =
        "What the server acknowledged and had not put on its disk when its machine lost "
        "power.",
    .make = make_sink<Influx>};

}  // namespace mp::sink
