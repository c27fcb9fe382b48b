#include "control/fan_out.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "codec/json_encode.hpp"
#include "codec/json_exact.hpp"
#include "codec/json_object.hpp"
#include "control/observer.hpp"

namespace mp::control {
namespace {

using codec::JsonObject;

constexpr std::string_view kPath = "/api/v1/stream";
// The place that the collector before this one had for a book.
constexpr std::string_view kOldBook = "/ws/orderbook/";
constexpr std::size_t kStreamsMax = 1'000;                 // of one client
constexpr std::size_t kWholeBook = 100'000;                // levels a side
constexpr std::size_t kReadsMax = 50'000;                  // of one journal in one tick
constexpr std::size_t kSentMax = std::size_t{512} << 10U;  // handed to a socket at once
constexpr std::chrono::seconds kHeartbeat{15};
constexpr std::uint16_t kTooSlow = 1008;

// What a client may say.
struct Wish {
  std::optional<std::string_view> op;
  std::optional<std::int64_t> id;
  std::vector<std::string_view> streams;
  std::optional<std::int64_t> from_seq;
};
using WishShape = codec::Shape<codec::Field<"op", &Wish::op>, codec::Field<"id", &Wish::id>,
                               codec::Field<"streams", &Wish::streams, codec::kOptional>,
                               codec::Field<"from_seq", &Wish::from_seq>>;

std::string_view name_in(const Event& event) {
  return event.instrument.empty() ? event.symbol : event.instrument;
}

std::string key_of(const Event& event) {
  return fmt::format("{}/{}/{}", event.venue, name_in(event), name_of(event.channel()));
}

std::string message_of(std::string_view stream, const Event& event) {
  std::string out = "{\"stream\":";
  codec::append_json_string(stream, out);
  out.append(",\"data\":");
  codec::append_json(event, out);
  out.push_back('}');
  return out;
}

// The newest is all that counts.
bool is_state(Channel channel) {
  return channel == Channel::quote || channel == Channel::ticker ||
         channel == Channel::mark_price || channel == Channel::index_price ||
         channel == Channel::option_summary;
}

}  // namespace

// An event, written once for all who want it.
class FanOut::Told {
 public:
  explicit Told(const Event& it) : event(it) {}
  const std::string& key() {
    if (key_.empty()) key_ = key_of(event);
    return key_;
  }
  const std::string& text() {
    if (text_.empty()) text_ = message_of(key(), event);
    return text_;
  }

  const Event& event;

 private:
  std::string key_;
  std::string text_;
};

Result<void> FanOut::open_web_socket(net::SocketId socket, std::string_view path) {
  const bool is_book = path.starts_with(kOldBook);
  if (!is_book && path != kPath)
    return Error{ErrorKind::unavailable, fmt::format("there is no WebSocket at {}", path)};
  clients_[socket].form = Form::web_socket;
  if (!is_book) return {};
  auto done = subscribe(socket, fmt::format("{}/book", path.substr(kOldBook.size())), {});
  if (!done) closed(socket);
  return done;
}

Result<void> FanOut::open_events(net::SocketId socket, std::string_view path,
                                 std::string_view streams, std::optional<std::uint64_t> from_seq) {
  if (path != kPath)
    return Error{ErrorKind::unavailable, fmt::format("there is no event stream at {}", path)};
  clients_[socket].form = Form::event_stream;
  do {
    const auto end = std::min(streams.find(','), streams.size());
    if (auto done = subscribe(socket, streams.substr(0, end), from_seq); !done) {
      closed(socket);
      return done;
    }
    streams.remove_prefix(std::min(end + 1, streams.size()));
  } while (!streams.empty());
  return {};
}

void FanOut::closed(net::SocketId socket) {
  clients_.erase(socket);
  const bool wanted = std::ranges::any_of(
      clients_, [](const auto& client) { return !client.second.subscriptions.empty(); });
  if (!wanted) sources_.clear();
}

void FanOut::complain(net::SocketId socket, Client& client, std::optional<std::int64_t> id,
                      std::string_view code, std::string_view what) {
  std::string out;
  {
    JsonObject object{out};
    object.add("op", "error");
    object.add("id", id);
    object.add("code", code);
    object.add("message", what);
  }
  push(socket, client, std::move(out));
}

void FanOut::on_message(net::SocketId socket, std::string_view text) {
  const auto found = clients_.find(socket);
  if (found == clients_.end()) return;
  Client& client = found->second;
  codec::ExactReader reader;
  Wish wish;
  if (!reader.read<WishShape>(text, wish))
    return complain(socket, client, {}, "malformed",
                    "the message cannot be read: " + reader.problem());
  if (wish.op != "subscribe" && wish.op != "unsubscribe")
    return complain(socket, client, wish.id, "unknown_op",
                    "\"op\" is unknown; expected subscribe or unsubscribe");
  for (const auto stream : wish.streams) {
    if (wish.op == "unsubscribe") {
      std::erase_if(client.subscriptions, [&](const auto& each) { return each.text == stream; });
      continue;
    }
    const auto from =
        wish.from_seq
            ? std::optional{static_cast<std::uint64_t>(std::max<std::int64_t>(0, *wish.from_seq))}
            : std::nullopt;
    if (auto subscribed = subscribe(socket, stream, from); !subscribed)
      return complain(socket, client, wish.id, "unknown_stream", subscribed.error().message);
  }
  std::string out;
  {
    JsonObject object{out};
    object.add("op", fmt::format("{}d", *wish.op));
    object.add("id", wish.id);
    codec::append_json_list(
        client.subscriptions, object.key("streams"),
        [](const auto& each, std::string& to) { codec::append_json_string(each.text, to); });
  }
  push(socket, client, std::move(out));
}

Result<void> FanOut::subscribe(net::SocketId socket, std::string_view stream,
                               std::optional<std::uint64_t> from_seq) {
  Client& client = clients_[socket];
  auto wish = stream_wish(stream);
  if (!wish) return wish.error();
  if (from_seq && (wish->depth > 0 || stream.find('*') != std::string_view::npos))
    return Error{ErrorKind::usage, "from_seq is of one stream of events, without * and bookN"};
  std::erase_if(client.subscriptions, [&](const auto& each) { return each.text == stream; });
  if (client.subscriptions.size() >= kStreamsMax)
    return Error{ErrorKind::usage, fmt::format("a client has at most {} streams", kStreamsMax)};
  Subscription out{.text = std::string{stream}, .wish = wish.take(), .from_seq = from_seq};
  if (out.wish.depth == 0) {
    if (auto opened = open_sources(); !opened) return opened;
  }
  for (std::size_t i = 0; from_seq && i < sources_.size(); ++i) {
    const std::uint64_t next = sources_[i].next;
    auto reader = journal::Reader::open(
        {.location = sources_[i].location, .from_index = next - std::min(next, kResumeMax)});
    if (!reader) return reader.error();
    out.behind.push_back({.reader = reader.take(), .journal = i});
  }
  client.subscriptions.push_back(std::move(out));
  return {};
}

// From now on.
Result<void> FanOut::open_sources() {
  if (!sources_.empty()) return {};
  const auto journals = collector_.journals();
  const auto locations = collector_.journal_locations();
  std::vector<Source> opened;
  for (std::size_t i = 0; i < locations.size(); ++i) {
    auto reader = journal::Reader::open({.location = locations[i], .from = journal::From::newest});
    if (!reader) return reader.error();
    const auto view = std::ranges::find(journals, i, &pipeline::JournalView::shard);
    const std::uint64_t next = view == journals.end() ? 0 : view->next_index;
    opened.push_back({.reader = reader.take(), .location = locations[i], .next = next});
  }
  sources_ = std::move(opened);
  return {};
}

void FanOut::read_sources() {
  for (Source& source : sources_) {
    for (std::size_t reads = 0; reads < kReadsMax; ++reads) {
      const auto next = source.reader->next();
      if (next == journal::Next::idle || next == journal::Next::closed) break;
      if (next != journal::Next::event) continue;
      source.next = source.reader->index() + 1;
      Told told{source.reader->event()};
      for (auto& [socket, client] : clients_) {
        for (Subscription& each : client.subscriptions) {
          if (each.wish.depth > 0 || !each.behind.empty() || !each.wish.matches(told.event))
            continue;
          offer(socket, client, each, told);
          break;  // once, though several patterns match
        }
      }
    }
    source.reader->release();
  }
}

// Up to where the reader of all stands: what is behind that comes from there.
void FanOut::catch_up(net::SocketId socket, Client& client, Subscription& subscription) {
  std::erase_if(subscription.behind, [&](CatchUp& behind) {
    const std::uint64_t end = sources_[behind.journal].next;
    for (std::size_t reads = 0; reads < kReadsMax; ++reads) {
      const auto next = behind.reader->next();
      if (next == journal::Next::idle || next == journal::Next::closed) return true;
      if (next != journal::Next::event) continue;
      if (behind.reader->index() >= end) return true;
      Told told{behind.reader->event()};
      if (told.event.seq >= *subscription.from_seq && subscription.wish.matches(told.event))
        offer(socket, client, subscription, told);
      if (behind.reader->index() + 1 == end) return true;
    }
    behind.reader->release();
    return false;
  });
}

void FanOut::offer(net::SocketId socket, Client& client, Subscription& subscription, Told& told) {
  const Event& event = told.event;
  if (subscription.from_seq && !std::exchange(subscription.found_first, true) &&
      event.seq > *subscription.from_seq) {
    std::string out;
    {
      JsonObject object{out};
      object.add("op", "missed");
      object.add("stream", told.key());
      object.add("from_seq", *subscription.from_seq);
      object.add("to_seq", event.seq - 1);
    }
    push(socket, client, std::move(out));
  }
  const bool is_book = event.channel() == Channel::book;
  if (is_book && !subscription.from_seq && !offer_snapshot(socket, client, subscription, told))
    return;
  push(socket, client, told.text(), is_state(event.channel()) ? told.key() : std::string{});
}

// Before the first update of a book, the book. False: this event is in it.
bool FanOut::offer_snapshot(net::SocketId socket, Client& client, Subscription& subscription,
                            Told& told) {
  const Event& event = told.event;
  const std::string& key = told.key();
  const auto known = subscription.snapshots.find(key);
  if (known != subscription.snapshots.end()) return event.seq > known->second;
  if (std::get<Book>(event.body).is_snapshot) {
    subscription.snapshots[key] = event.seq - 1;
    return true;
  }
  const auto book = collector_.book(event.venue, event.symbol, kWholeBook);
  if (!book || book->state != pipeline::StreamState::live || book->seq + 1 < event.seq)
    return false;  // with a later one
  Event whole = event;
  whole.seq = book->seq;
  whole.ts_event = book->ts_event;
  Book body{.is_snapshot = true, .last_sequence = book->sequence, .bids = book->bids};
  body.asks = book->asks;
  body.known_bid = book->known_bid;
  body.known_ask = book->known_ask;
  whole.body = body;
  subscription.snapshots[key] = book->seq;
  push(socket, client, message_of(key, whole));
  return event.seq > book->seq;
}

void FanOut::send_tops(net::SocketId socket, Client& client, Subscription& subscription) {
  const StreamWish& wish = subscription.wish;
  const auto book = collector_.book(wish.venue, wish.name, wish.depth);
  if (!book || book->seq == 0) return;
  const std::uint64_t now = book->seq * 4 + static_cast<std::uint64_t>(book->state);
  if (std::exchange(subscription.last_top, now) == now) return;
  std::string out;
  {
    JsonObject object{out};
    object.add("stream", subscription.text);
    append_book(*book, object.key("data"));
  }
  push(socket, client, std::move(out), subscription.text);
}

void FanOut::push(net::SocketId socket, Client& client, std::string text, std::string state) {
  if (client.is_closed) return;
  if (client.form == Form::event_stream) text = "data: " + text + "\n\n";
  const bool crowded = client.queued_bytes > kQueuedBytesMax / 2;
  if (crowded && !state.empty()) {
    const auto same = std::ranges::find(client.queue, state, &Message::state);
    if (same != client.queue.end()) {
      client.queued_bytes -= same->text.size();
      client.queue.erase(same);
    }
  }
  client.queued_bytes += text.size();
  client.queue.push_back({.text = std::move(text), .state = std::move(state)});
  if (client.queued_bytes > kQueuedBytesMax) {
    client.queue.clear();
    client.queued_bytes = 0;
    client.is_closed = true;
    hands_.close(socket, kTooSlow, "too slow: more was queued than a client may have");
  } else if (crowded && !std::exchange(client.warned, true)) {
    std::string out;
    {
      JsonObject object{out};
      object.add("op", "slow");
      object.add("queued_bytes", client.queued_bytes);
      object.add("closed_at_bytes", kQueuedBytesMax);
    }
    if (client.form == Form::event_stream) out = "data: " + out + "\n\n";
    client.queued_bytes += out.size();
    client.queue.push_front({.text = std::move(out), .state = {}});
  }
}

void FanOut::flush(net::SocketId socket, Client& client, net::SteadyTime now) {
  if (client.is_closed || !hands_.can_send(socket)) return;
  std::size_t sent = 0;
  while (!client.queue.empty() && sent < kSentMax) {
    Message& message = client.queue.front();
    sent += message.text.size();
    client.queued_bytes -= message.text.size();
    hands_.send(socket, std::move(message.text));
    client.queue.pop_front();
  }
  if (client.queue.empty()) client.warned = false;
  if (sent > 0) client.last_sent = now;
  if (now - client.last_sent < kHeartbeat) return;
  client.last_sent = now;
  hands_.send(socket,
              client.form == Form::event_stream ? ": heartbeat\n\n" : R"({"op":"heartbeat"})");
}

void FanOut::on_tick(net::SteadyTime now) {
  read_sources();
  for (auto& [socket, client] : clients_) {
    if (client.last_sent == net::SteadyTime{}) client.last_sent = now;
    for (Subscription& each : client.subscriptions) {
      if (!each.behind.empty()) catch_up(socket, client, each);
      if (each.wish.depth > 0 && now >= each.due) {
        send_tops(socket, client, each);
        each.due = now + kTopsEvery;
      }
    }
    flush(socket, client, now);
  }
}

}  // namespace mp::control
