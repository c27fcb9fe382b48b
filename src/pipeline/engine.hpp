// L4. Engine: one venue's messages to events in step, without any I/O. Live collection, replay and
// decode differ only in who feeds it and who owns it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "core/instrument.hpp"
#include "pipeline/frame_stages.hpp"
#include "pipeline/stream.hpp"
#include "venue/adapter.hpp"

namespace mp::pipeline {

struct EngineCounters {
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;  // of their payloads
  std::array<std::uint64_t, venue::kVerdictCount> verdicts{};
  std::array<std::uint64_t, kChannelCount> events{};  // handed to the owner
  std::uint64_t unasked = 0;                          // events that nobody announced an interest in
  std::uint64_t slow = 0;      // data frames that only the exact reader could read
  std::uint64_t left_out = 0;  // optional numbers that did not fit, absent in their events
  std::uint64_t broken = 0;    // times that a session lost messages
  std::uint64_t copies = 0;    // events that another session had said before
  std::uint64_t too_long = 0;  // instruments of listings whose symbols are no names: kNameBytesMax
  std::uint64_t healed = 0;    // books that were lost on one session and went on by another
};

// What is known of a symbol from earlier runs; asked once for each.
using PastOf = std::function<std::optional<StreamPast>(std::string_view symbol)>;

struct EngineOptions {
  enum class Books : std::uint8_t { keep, pass_through };
  enum class Listings : std::uint8_t { emit, learn };
  enum class Symbols : std::uint8_t { all, announced };
  Books books = Books::keep;  // pass_through: nothing is checked or held, of trades neither
  // What becomes of instruments that a listing names. learn: into the catalogue; an event comes of
  // those that are followed already, when their facts change.
  Listings listings = Listings::emit;
  // announced: some venues' streams bring every symbol of a kind, or several channels; what nobody
  // announced is passed over. An index has a symbol of its own, which is always passed on.
  Symbols symbols = Symbols::all;
  // Whose events may be copies of each other's. connected: of sessions that were said to carry the
  // same (on_connected); any: of all that have ever been opened, as in a recording.
  enum class Legs : std::uint8_t { connected, any };
  Legs legs = Legs::connected;
  PastOf past{};                  // empty: nothing is known of earlier runs
  FrameStages* stages = nullptr;  // times some frames; outlives the engine
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
    // The stream's book needs a snapshot (by REST or on the socket), or its subscription to start
    // again.
    virtual void want_snapshot(Stream& stream) = 0;
    virtual void want_resubscribe(Stream& stream) = 0;
  };

  // A connection whose frames are read here, from its opening to its end.
  class Session {
   public:
    Session(SessionId id, std::unique_ptr<venue::Decoder> decoder)
        : id_(id), decoder_(std::move(decoder)) {}
    [[nodiscard]] SessionId id() const { return id_; }
    [[nodiscard]] const Race& race() const { return race_; }
    // Of what came since the last call and was new when the venue said it (trades, changes of
    // books): the least that it was behind the venue's clock. None: nothing that tells came.
    [[nodiscard]] std::optional<Nanoseconds> take_delay() {
      const Nanoseconds least = std::exchange(least_delay_, kNoDelay);
      return least == kNoDelay ? std::nullopt : std::optional{least};
    }

   private:
    friend class Engine;
    SessionId id_;
    std::unique_ptr<venue::Decoder> decoder_;
    Race race_;
    static constexpr Nanoseconds kNoDelay = Nanoseconds::max();
    Nanoseconds least_delay_ = kNoDelay;
  };

  // All three outlive the engine.
  Engine(const venue::Adapter& adapter, Catalog& catalog, Owner& owner, EngineOptions options = {});

  [[nodiscard]] std::unique_ptr<Session> open_session();
  venue::Reading on_frame(Session& session, std::string_view frame, Timestamp ts_recv);
  Result<venue::RestReading> on_rest(const venue::RestCall& call, std::string_view body,
                                     Timestamp ts_recv);

  // Something happened to what carries (symbol, channel). An empty symbol stands for all. Several
  // sessions may carry the same: the stream is connected with the first one and disconnected with
  // the last.
  struct Stretch {
    std::string_view symbol;
    std::optional<Channel> channel;
    std::string_view reason;
    SessionId session = 0;                  // 0: not known, or all of them
    std::optional<std::int64_t> missing{};  // of a gap, where it is known
    std::optional<Timestamp> since{};       // Status::since
  };
  void on_connected(const Stretch& what, Timestamp now);
  void on_disconnected(const Stretch& what, Timestamp now);
  // A message of a session was lost that may have been of its books: of the stream's, or of any
  // where that is null. They are invalid until they begin anew.
  void lose_books(SessionId session, Stream* stream, std::string_view reason, Timestamp now);
  // Emits a status as it is: the venue's answer to a subscription, or what was lost of it.
  void tell(Condition condition, const Stretch& what, Timestamp now);

  // Emits the catalogue's entry of a symbol as an event, if there is one, and from then on passes
  // the channel on.
  void announce(std::string_view symbol, Channel channel, Timestamp now);

  // Of the stream's trades that are known to be missing, the first stretch within these.
  [[nodiscard]] static std::optional<TradeWatch::Range> missing_trades(const Stream& stream,
                                                                       TradeWatch::Range range) {
    return stream.trades ? stream.trades->missing_in(range) : std::nullopt;
  }

  // Passes the channel on no longer.
  void renounce(std::string_view symbol, Channel channel);

  // What the listing says of a stream's instrument, else what its symbol spells out by itself.
  [[nodiscard]] InstrumentFacts facts(const Stream& stream) const;

  // While Owner::on_event gets a book event: the keeper of the book that it belongs to, if it is
  // kept.
  [[nodiscard]] const book::Keeper* book_of_event() const {
    return emitting_ == nullptr ? nullptr : &emitting_->keeper;
  }
  // Whether a session's main book of the stream is right.
  [[nodiscard]] bool is_valid(const Stream& stream, SessionId session) const;
  // Whether any main book of it waits for a snapshot that must be asked for.
  [[nodiscard]] bool wants_snapshot(const Stream& stream) const;
  // Its main book goes on by a session's that is right.
  [[nodiscard]] bool is_in_step(const Stream& stream) const;
  // Whether a main book of it is right, and began with a shallow snapshot (RestCall::levels). Then
  // await_deeper() may be called before a deeper one is asked for, and give_up_deeper() when that
  // does not come.
  [[nodiscard]] bool is_shallow(const Stream& stream) const;
  void await_deeper(Stream& stream);
  void give_up_deeper(Stream& stream);

  // For screens; none of it is quick.
  [[nodiscard]] InstrumentView view(const Stream& stream) const;
  [[nodiscard]] BookView book_view(const Stream& stream, std::size_t depth) const;
  // By the venue's symbol or our name; null: there is none.
  [[nodiscard]] Stream* stream_named(std::string_view name);

  [[nodiscard]] const EngineCounters& counters() const { return counters_; }
  [[nodiscard]] book::KeeperCounters book_counters() const;
  [[nodiscard]] std::size_t books() const;
  [[nodiscard]] StreamTable& streams() { return streams_; }
  [[nodiscard]] const StreamTable& streams() const { return streams_; }

 private:
  void on_event(Event& event) override;
  void on_applied(const Book& body, const std::optional<Timestamp>& ts_event,
                  Timestamp ts_recv) override;
  void on_gap(book::GapReason reason, const book::Gap& gap) override;

  [[nodiscard]] venue::Reading decode(Session& session, std::string_view frame, Timestamp ts_recv);
  [[nodiscard]] bool is_unasked(const Stream* stream, const Event& event) const;
  [[nodiscard]] bool is_copy(Stream& stream, const Event& event);
  void on_instrument(Stream* stream, Event& event, const InstrumentInfo& info);
  void on_trade(Stream& stream, Event& event, const Trade& trade);
  void on_past_trade(Stream& stream, Event& event, std::int64_t id);
  void tell_filled();
  void on_book(Stream& stream, Event& event, const Book& body);
  void on_snapshot(Stream& stream, const Event& event, const Book& body);
  void on_broken(const Session& session, std::string_view problem, Timestamp now);
  BookFeed& feed_of(Stream& stream, std::int64_t depth);
  template <class Update>
  void update(Stream& stream, BookFeed& feed, SessionBook& book, Timestamp now, Update&& apply);
  void follow_up(Stream& stream, BookFeed& feed, SessionBook& book, book::Step step, Timestamp now);
  [[nodiscard]] bool go_on(Stream& stream, BookFeed& feed, const SessionBook& lost, Timestamp now);
  void emit_whole(Stream& stream, const BookFeed& feed, const SessionBook& book, Timestamp now);
  bool forget(Stream& stream, BookFeed& feed, SessionBook& book, Timestamp now);
  bool forget_books(Stream& stream, SessionId session, Timestamp now);
  void emit(Stream& stream, Event& event);
  void emit_status(Stream& stream, const Status& status, Timestamp now);
  Stream& stream_of(std::string_view symbol);
  void go_on_from(Stream& stream);
  void name(Stream& stream);

  const venue::Adapter& adapter_;
  Catalog& catalog_;
  Owner& owner_;
  EngineOptions options_;
  const bool counts_trades_;
  book::HeldRoom held_room_;  // of the books of all streams
  StreamTable streams_;
  EngineCounters counters_;
  SessionId sessions_ = 0;           // opened so far
  Session* reading_ = nullptr;       // whose frame is being read
  std::string failure_;              // of its decoder, in words
  bool reading_rest_ = false;        // the event that arrives comes from a REST answer
  std::size_t snapshot_levels_ = 0;  // RestCall::levels of its call
  struct Filled {                    // trades of that answer that were missing, a stretch of them
    Stream* stream = nullptr;
    TradeWatch::Range ids{};
    Timestamp ts_recv{};
  };
  std::optional<Filled> filled_;
  // What is being updated, for the listener's calls.
  Stream* book_stream_ = nullptr;
  BookFeed* book_feed_ = nullptr;
  SessionBook* book_ = nullptr;
  const SessionBook* emitting_ = nullptr;
  Timestamp book_time_{};
  std::vector<Level> bids_;  // of a book that goes on as a whole
  std::vector<Level> asks_;
};

}  // namespace mp::pipeline
