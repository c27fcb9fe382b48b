// L3. NATS: each event, or the lines of a batch for each subject, is a message; to a JetStream
// stream, which acknowledges and stores it, or to whoever listens.
//
// A second delivery is harmless because the stream knows it by its Nats-Msg-Id, the identity of
// what the venue sent: two collectors of the same feeds fill one stream, each event once.
#include <algorithm>
#include <array>

#include "sink/connection_keys.hpp"
#include "sink/nats_connection.hpp"
#include "sink/parcels.hpp"
#include "sink/registry.hpp"

namespace mp::sink {
namespace {

using Kind = NatsConnection::Answer::Kind;

constexpr std::size_t kHeaderBytes = 128;  // more than one Nats-Msg-Id takes

class Nats final : public Sink {
 public:
  explicit Nats(const Settings& settings)
      : settings_(settings),
        stream_(!settings.text("stream").empty()),
        join_(settings.text("message") == "batch" ? Join::lines : Join::no),
        in_flight_(settings.number("in_flight")),
        ack_timeout_(settings.time("ack_timeout")) {}

  Result<void> open() override {
    connection_.reset();
    auto opened = NatsConnection::open(settings_);
    if (!opened) return opened.error();
    connection_ = opened.take();
    return {};
  }

  Written write(const Batch& batch) override {
    take_apart(batch, join_, connection_->message_bytes_max() - kHeaderBytes, parcels_);
    first_ = next_;
    answered_ = 0;
    written_ = {};
    for (const Parcel& parcel : parcels_) {
      while (next_ - first_ - answered_ >= in_flight_)
        if (!take_answer()) return partly(batch);
      if (!send(parcel, batch)) return partly(batch);
    }
    if (!stream_) {
      const auto flushed = connection_->flush(ack_timeout_);
      if (!flushed) return {Outcome::reopen, flushed.error().message};
    }
    while (stream_ && answered_ < parcels_.size())
      if (!take_answer()) return partly(batch);
    std::ranges::sort(written_.refused, {}, &Refused::position);
    return std::move(written_);
  }

 private:
  bool send(const Parcel& parcel, const Batch& batch) {
    message_.subject.assign(batch.items[parcel.items.front()].subject);
    message_.payload.clear();
    message_.id.clear();
    append_payload(batch, parcel, message_.payload);
    if (stream_) append_id(batch, parcel, message_.id);
    const auto number = next_++;
    const auto sent = connection_->publish(
        message_, stream_ ? std::optional<std::uint64_t>{number} : std::nullopt);
    if (sent == NatsConnection::Sent::refused) refuse(number, connection_->problem());
    if (sent != NatsConnection::Sent::gone) return true;
    written_ = {.outcome = Outcome::reopen,
                .problem = "the connection is gone: " + connection_->problem(),
                .refused = std::move(written_.refused)};
    return false;
  }

  bool take_answer() {
    auto answer = connection_->answer(ack_timeout_);
    if (answer.kind == Kind::gone || answer.kind == Kind::busy) {
      // After a busy one the others are still under way: a new inbox knows nothing of them.
      written_.outcome = Outcome::reopen;
      written_.problem = std::move(answer.problem);
      return false;
    }
    if (answer.kind == Kind::refused) {
      refuse(answer.number, answer.problem);
      return true;
    }
    parcels_[answer.number - first_].answered = true;
    ++answered_;
    return true;
  }

  void refuse(std::uint64_t number, const std::string& problem) {
    Parcel& parcel = parcels_[number - first_];
    parcel.answered = true;
    ++answered_;
    for (const std::size_t i : parcel.items) written_.refused.push_back({i, problem});
  }

  // What stands before the first item without an answer is dealt with.
  Written partly(const Batch& batch) {
    const std::size_t taken = stream_ ? answered_of(batch, parcels_) : 0;
    std::ranges::sort(written_.refused, {}, &Refused::position);
    std::erase_if(written_.refused, [&](const Refused& each) { return each.position >= taken; });
    written_.taken = taken;
    return std::move(written_);
  }

  const Settings settings_;
  const bool stream_;
  const Join join_;
  const std::uint64_t in_flight_;
  const std::chrono::milliseconds ack_timeout_;
  std::unique_ptr<NatsConnection> connection_;
  NatsMessage message_;
  // Of the batch at hand.
  std::vector<Parcel> parcels_;
  std::uint64_t first_ = 0;  // the number of its first message; numbers are those of the sink
  std::uint64_t next_ = 0;
  std::uint64_t answered_ = 0;
  Written written_;
};

constexpr std::array<std::string_view, 2> kMessages = {"event", "batch"};
constexpr std::array kKeys = {
    Key{.name = "servers",
        .fallback = Key::NoTexts{},
        .doc = "Where they are; one of a cluster will do. Default: nats://localhost:4222.",
        .example = "[\"nats://one:4222\", \"nats://two:4222\"]"},
    Key{.name = "stream",
        .fallback = "",
        .doc = "The JetStream stream, which is made where it is missing. Default: none; messages "
               "go to whoever listens.",
        .example = "\"MARKET\""},
    Key{.name = "stream_subjects",
        .fallback = Key::NoTexts{},
        .doc = "What the stream must take. Default: what the subject tells.",
        .example = "[\"market.>\"]"},
    Key{.name = "stream_age",
        .fallback = std::chrono::hours{48},
        .doc = "Of a stream that is made: how long it keeps messages. 0s: for ever."},
    Key{.name = "stream_bytes",
        .fallback = Bytes{std::uint64_t{2} << 30U},
        .doc = "Likewise: the oldest go first."},
    Key{.name = "duplicate_window",
        .fallback = std::chrono::minutes{2},
        .doc = "Likewise: for how long it knows what it had. Longer than a restart takes.",
        .least = 100},
    Key{.name = "replicas",
        .fallback = std::uint64_t{1},
        .doc = "Likewise: of a cluster, how many servers keep it.",
        .least = 1,
        .most = 5},
    Key{.name = "message",
        .fallback = "event",
        .doc = "event: each is a message. batch: those of a subject that are delivered together "
               "are one, a line each; several times quicker, but a stream tells only the same "
               "batch from a new one.",
        .words = kMessages},
    kInFlightKey,
    kAckTimeoutKey,
    kUserKey,
    kPasswordKey,
    Key{"token", "", "A token, in place of a name.", "\"...\""},
    Key{"credentials", "", "A file of a JWT and its seed.", "\"/etc/marketprism/nats.creds\""},
    kTlsKey,
    kCaFileKey,
};
constexpr std::array<std::string_view, 2> kEncodings = {"json", "marketprism"};

}  // namespace

constexpr Spec kNats = {
    .type = "nats",
    .what = "NATS: a JetStream stream, or whoever listens",
    .keys = kKeys,
    .encodings = kEncodings,
    .subject = "{channel}.{venue}.{kind}.{instrument}",
    .subject_excludes = ".*> \t\r\n",
    .identities = true,
    .guarantee = Guarantee::at_least_once,
    .harmless =
        "A stream knows each event by its Nats-Msg-Id, for `duplicate_window`; with message "
        "= \"batch\", a batch that ended elsewhere is new to it. Who listens without a "
        "stream gets it twice.",
    .loss_window =
        "None of what a stream acknowledged, as far as its disk keeps it. Without one, "
        "what nobody listened to.",
    .make = [](const Settings& settings) -> std::unique_ptr<Sink> {
      return std::make_unique<Nats>(settings);
    }};

}  // namespace mp::sink
