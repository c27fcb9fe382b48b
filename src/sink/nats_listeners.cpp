// Messages to whoever listens have no header: nobody tells a second delivery by it, and a payload
// has venue, type, symbol and seq.
//
// The server reads what a connection sends in its order, so one answer tells of all before it. It
// is asked for once for several batches: the server takes them while we encode the next. What it
// did not confirm comes again by another connection.
#include "sink/nats_listeners.hpp"

#include <utility>

#include "sink/connection_keys.hpp"

namespace mp::sink {
namespace {

constexpr unsigned kUnconfirmedMax = 8;  // batches on their way

class NatsListeners final : public Sink {
 public:
  explicit NatsListeners(const Settings& settings)
      : settings_(settings), join_(join_of(settings)), ack_timeout_(settings.time("ack_timeout")) {}

  Result<void> open() override { return open_anew(connection_, settings_); }

  Written write(const Batch& batch) override {
    if (connection_ == nullptr) {
      if (const auto opened = open(); !opened) return {Outcome::reopen, opened.error().message};
    }
    shipment_.begin(batch, join_, payload_bytes_max(*connection_));
    const auto& parcels = shipment_.parcels();
    for (std::size_t i = 0; i < parcels.size(); ++i) {
      if (!send(batch, i)) return lose("the connection is gone: " + connection_->problem());
    }
    auto written = shipment_.end();
    if (written.outcome != Outcome::done) return written;
    sent_end_ = batch.items.back().index + 1;
    if (++unconfirmed_ < kUnconfirmedMax) return written;
    auto confirmed = confirm();
    return confirmed.outcome == Outcome::done ? written : confirmed;
  }

  Written tick(Timestamp /*now*/) override { return confirm(); }
  Written close() override { return confirm(); }

  [[nodiscard]] std::optional<std::uint64_t> delivered() const override { return confirmed_end_; }

 private:
  bool send(const Batch& batch, std::size_t number) {
    const Parcel& parcel = shipment_.parcels()[number];
    message_.subject.assign(batch.items[parcel.first].subject);
    message_.payload = payload_of(batch, parcel, joined_);
    switch (connection_->publish(message_)) {
      case NatsConnection::Sent::sent:
        shipment_.accept(number);
        return true;
      case NatsConnection::Sent::refused:
        shipment_.refuse(number, connection_->problem());
        return true;
      case NatsConnection::Sent::gone:
        break;
    }
    return false;
  }

  Written confirm() {
    if (unconfirmed_ == 0) return {};
    if (const auto flushed = connection_->flush(ack_timeout_); !flushed)
      return lose(flushed.error().message);
    unconfirmed_ = 0;
    confirmed_end_ = sent_end_;
    return {};
  }

  Written lose(std::string problem) {
    connection_.reset();
    const bool has_unconfirmed = std::exchange(unconfirmed_, 0) > 0;
    return {has_unconfirmed ? Outcome::rewind : Outcome::reopen, std::move(problem)};
  }

  const Settings settings_;
  const Join join_;
  const std::chrono::milliseconds ack_timeout_;
  std::unique_ptr<NatsConnection> connection_;  // nothing: it is lost
  NatsMessage message_;
  std::string joined_;
  Shipment shipment_;
  unsigned unconfirmed_ = 0;
  std::uint64_t sent_end_ = 0;
  std::uint64_t confirmed_end_ = 0;
};

}  // namespace

std::unique_ptr<Sink> make_nats_listeners(const Settings& settings) {
  return std::make_unique<NatsListeners>(settings);
}

}  // namespace mp::sink
