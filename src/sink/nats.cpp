// L3. NATS: each event, or the lines of a batch for each subject, is a message; to a JetStream
// stream, which acknowledges and stores it, or to whoever listens.
//
// A second delivery is harmless because the stream knows it by its Nats-Msg-Id, the identity of
// what the venue sent: two collectors of the same feeds fill one stream, each event once.
#include <array>

#include "sink/connection_keys.hpp"
#include "sink/nats_listeners.hpp"
#include "sink/registry.hpp"

namespace mp::sink {
namespace {

class NatsStream final : public Sink {
 public:
  explicit NatsStream(const Settings& settings)
      : settings_(settings),
        join_(join_of(settings)),
        in_flight_(settings.number("in_flight")),
        ack_timeout_(settings.time("ack_timeout")) {}

  Result<void> open() override { return open_anew(connection_, settings_); }

  Written write(const Batch& batch) override {
    shipment_.begin(batch, join_, payload_bytes_max(*connection_));
    first_ = next_;
    for (const Parcel& parcel : shipment_.parcels()) {
      while (next_ - first_ - shipment_.answered() >= in_flight_)
        if (!take_answer()) return shipment_.end();
      if (!send(parcel, batch)) return shipment_.end();
    }
    while (!shipment_.complete())
      if (!take_answer()) break;
    return shipment_.end();
  }

 private:
  bool send(const Parcel& parcel, const Batch& batch) {
    message_.subject.assign(batch.items[parcel.first].subject);
    message_.payload = payload_of(batch, parcel, joined_);
    ticket_.number = next_++;
    ticket_.id.clear();
    append_id(batch, parcel, ticket_.id);
    switch (connection_->publish(message_, ticket_)) {
      case NatsConnection::Sent::sent:
        return true;
      case NatsConnection::Sent::refused:
        shipment_.refuse(ticket_.number - first_, connection_->problem());
        return true;
      case NatsConnection::Sent::gone:
        break;
    }
    return shipment_.give_up("the connection is gone: " + connection_->problem());
  }

  bool take_answer() {
    using Kind = NatsConnection::Answer::Kind;
    const auto answer = connection_->answer(ack_timeout_);
    switch (answer.kind) {
      case Kind::stored:
        shipment_.accept(answer.number - first_);
        return true;
      case Kind::refused:
        shipment_.refuse(answer.number - first_, answer.problem);
        return true;
      case Kind::busy:  // the others are under way: a new inbox knows nothing of them
      case Kind::gone:
        break;
    }
    return shipment_.give_up(answer.problem);
  }

  const Settings settings_;
  const Join join_;
  const std::uint64_t in_flight_;
  const std::chrono::milliseconds ack_timeout_;
  std::unique_ptr<NatsConnection> connection_;
  NatsMessage message_;
  NatsTicket ticket_;
  std::string joined_;
  Shipment shipment_;
  std::uint64_t first_ = 0;  // the number of its first message; numbers are those of the sink
  std::uint64_t next_ = 0;
};

std::unique_ptr<Sink> make_nats(const Settings& settings) {
  if (settings.text("stream").empty()) return make_nats_listeners(settings);
  return std::make_unique<NatsStream>(settings);
}

constexpr std::array<std::string_view, 2> kMessages = {"event", "batch"};
constexpr std::array kNatsKeys = {
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

}  // namespace

constexpr Spec kNats = {
    .type = "nats",
    .what = "NATS: a JetStream stream, or whoever listens",
    .keys = kNatsKeys,
    .encodings = kMessageEncodings,
    .subject = "{channel}.{venue}.{kind}.{instrument}",
    .subject_excludes = ".*> \t\r\n",
    .guarantee = Guarantee::at_least_once,
    .harmless =
        "A stream knows each event by its Nats-Msg-Id, for `duplicate_window`; with message "
        "= \"batch\", a batch that ended elsewhere is new to it. Who listens without a "
        "stream gets it twice.",
    .loss_window =
        "None of what a stream acknowledged, as far as its disk keeps it. Without one, "
        "what nobody listened to.",
    .make = make_nats};

}  // namespace mp::sink
