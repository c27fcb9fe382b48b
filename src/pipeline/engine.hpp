// L4. Engine: one venue's messages to events in step, without any I/O. Live collection, replay and
// decode differ only in who feeds it and who owns it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/instrument.hpp"
#include "pipeline/stream.hpp"
#include "venue/adapter.hpp"

namespace mp::pipeline {

struct EngineCounters {
  std::uint64_t frames = 0;
  std::array<std::uint64_t, venue::kVerdictCount> verdicts{};
  std::array<std::uint64_t, kChannelCount> events{};  // handed to the owner
  std::uint64_t unasked = 0;                          // of symbols that nobody announced
};

struct EngineOptions {
  enum class Books : std::uint8_t { keep, pass_through };
  enum class Listings : std::uint8_t { emit, learn };
  enum class Symbols : std::uint8_t { all, announced };
  Books books = Books::keep;           // pass_through: book events are not checked or held
  Listings listings = Listings::emit;  // what becomes of instruments that a listing names
  // announced: some venues' streams bring every symbol of a kind; those that nobody announced are
  // passed over. An index has a symbol of its own, which is always passed on.
  Symbols symbols = Symbols::all;
};

class Engine final : private EventHandler, private book::Keeper::Listener {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    // An event in its final form. Its views live during the call.
    virtual void on_event(Stream& stream, const Event& event) = 0;
    // A frame of no use: unknown, malformed or rejected.
    virtual void on_refused(std::string_view frame, const venue::Reading& reading,
                            Timestamp ts_recv) = 0;
    // The stream's book needs a REST snapshot, or its subscription to start again.
    virtual void want_snapshot(Stream& stream) = 0;
    virtual void want_resubscribe(Stream& stream) = 0;
  };

  // All three outlive the engine.
  Engine(venue::Adapter& adapter, Catalog& catalog, Owner& owner, EngineOptions options = {});

  venue::Reading on_frame(std::string_view frame, Timestamp ts_recv);
  Result<void> on_rest(const venue::RestCall& call, std::string_view body, Timestamp ts_recv);

  // The session that carries (symbol, channel) is there, or gone. An empty symbol stands for all.
  struct Stretch {
    std::string_view symbol;
    std::optional<Channel> channel;
    std::string_view reason;
  };
  void on_connected(const Stretch& what, Timestamp now);
  void on_disconnected(const Stretch& what, Timestamp now);

  // Emits the catalogue's entry of a symbol as an event, if there is one.
  void announce(std::string_view symbol, Timestamp now);

  [[nodiscard]] const EngineCounters& counters() const { return counters_; }
  [[nodiscard]] book::KeeperCounters book_counters() const;
  [[nodiscard]] std::size_t books() const;
  [[nodiscard]] StreamTable& streams() { return streams_; }

 private:
  void on_event(Event& event) override;
  void on_applied(const Book& body, const std::optional<Timestamp>& ts_event,
                  Timestamp ts_recv) override;
  void on_gap(book::GapReason reason, const book::Gap& gap) override;

  // An instrument of a listing that goes into the catalogue and no further.
  [[nodiscard]] bool is_learnt(const Event& event) const {
    return reading_rest_ && options_.listings == EngineOptions::Listings::learn &&
           event.channel() == Channel::instrument;
  }
  void on_book(Stream& stream, Event& event, const Book& body);
  void follow_up(Stream& stream, book::Step step, Timestamp now);
  void emit(Stream& stream, Event& event);
  void emit_status(Stream& stream, const Status& status, Timestamp now);
  Stream& stream_of(std::string_view symbol);
  void name(Stream& stream);

  venue::Adapter& adapter_;
  Catalog& catalog_;
  Owner& owner_;
  EngineOptions options_;
  StreamTable streams_;
  EngineCounters counters_;
  bool reading_rest_ = false;      // the event that arrives comes from a REST answer
  Stream* book_stream_ = nullptr;  // whose book is being updated, for the listener's calls
  Timestamp book_time_{};
};

}  // namespace mp::pipeline
