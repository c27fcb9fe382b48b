#include "pipeline/feed.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "net/clock.hpp"
#include "pipeline/feed_connection.hpp"
#include "pipeline/rest_answer.hpp"
#include "venue/registry.hpp"

namespace mp::pipeline {
namespace {

constexpr std::chrono::seconds kRestDeadline{30};  // for the answer's last byte
constexpr std::chrono::milliseconds kStateEvery{500};

net::HttpConfig http_config(const venue::Limits& limits) {
  net::HttpConfig out;
  out.connections_per_host = std::clamp<std::size_t>(limits.rest_calls_at_once, 1, 20);
  out.body_bytes_max = kRestBytesMax;
  return out;
}

FeedMachine::Now clocks() {
  return {net::steady_now(), net::now()};
}

Result<net::Url> venue_url(const std::string& given, std::string_view own, std::string_view venue) {
  auto url = net::parse_url(given.empty() ? own : std::string_view{given});
  if (!url) {
    return Error{ErrorKind::config, fmt::format("{} of venue {}", url.error().message, venue)};
  }
  return url;
}

// What the notes know of a venue's symbols.
PastOf past_of(const StreamNotes* notes, const std::string& venue) {
  if (notes == nullptr) return {};
  return [notes, venue](std::string_view symbol) { return notes->past_of(venue, symbol); };
}

// As the feed's leg of that number connects to `url`.
Result<net::Url> as_leg(net::Url url, const FeedConfig& config, std::size_t leg) {
  const auto of_leg = [&](const std::vector<std::string>& all) {
    return all.empty() ? std::string{} : all[leg % all.size()];
  };
  url.socket = {.source = of_leg(config.source_addresses),
                .receive_buffer = config.receive_buffer,
                .send_buffer = config.send_buffer};
  const std::string text = of_leg(config.proxies);
  if (text.empty()) return url;
  const auto proxy = net::parse_proxy(text);
  if (!proxy) {
    const std::string from = config.proxy_from.empty() ? "" : config.proxy_from + ": ";
    return Error{ErrorKind::config,
                 fmt::format("venue {}: {}{}", config.venue, from, proxy.error().message)};
  }
  if (!net::named_in(config.no_proxy, url.host)) url.via = *proxy;
  return url;
}

}  // namespace

Result<std::unique_ptr<Feed>> Feed::create(FeedConfig config, const FeedParts& parts) {
  auto adapter = venue::make_adapter(config.venue);
  if (!adapter) {
    return Error{ErrorKind::config,
                 fmt::format("there is no venue named \"{}\"; `marketprism list venues` shows "
                             "those that there are",
                             config.venue)};
  }
  const auto& traits = adapter->traits();
  const auto channels = venue::channels_of(traits);
  for (const auto& want : config.wants) {
    for (const Channel channel : want.channels) {
      if (std::ranges::find(channels, channel) == channels.end()) {
        return Error{ErrorKind::config,
                     fmt::format("venue {} has no channel \"{}\"", config.venue, name_of(channel))};
      }
    }
  }
  auto ws_url = venue_url(config.ws_url, traits.ws_url, config.venue);
  if (!ws_url) return ws_url.error();
  ws_url->origin = traits.origin;
  ws_url->compression = config.compression;
  auto rest_url = venue_url(config.rest_url, traits.rest_url, config.venue);
  if (!rest_url) return rest_url.error();
  std::vector<net::Url> ws_urls;
  for (unsigned leg = 0; leg < std::max(config.legs, 1U); ++leg) {
    auto of_leg = as_leg(*ws_url, config, leg);
    if (!of_leg) return of_leg.error();
    ws_urls.push_back(of_leg.take());
  }
  rest_url = as_leg(*rest_url, config, 0);
  if (!rest_url) return rest_url.error();
  auto tls = net::TlsContext::create({.ca_file = config.ca_file});
  if (!tls) return tls.error();
  return std::unique_ptr<Feed>{new Feed(std::move(config), parts, std::move(adapter),
                                        std::move(ws_urls), rest_url.take(), tls.take())};
}

Feed::Feed(FeedConfig config, const FeedParts& parts, std::unique_ptr<venue::Adapter> adapter,
           std::vector<net::Url> ws_urls, net::Url rest_url, net::TlsContext tls)
    : config_(std::move(config)),
      parts_(parts),
      adapter_(std::move(adapter)),
      limits_(config_.limits.value_or(adapter_->traits().limits)),
      ws_urls_(std::move(ws_urls)),
      rest_url_(std::move(rest_url)),
      tls_(std::move(tls)),
      http_(parts.io, tls_, http_config(limits_)),
      budget_(parts.budget != nullptr ? *parts.budget : make_budget()),
      machine_({.config = config_,
                .adapter = *adapter_,
                .limits = limits_,
                .budget = budget_,
                .log = parts.log,
                .counters = counters_,
                .hands = *this,
                .past = past_of(parts.notes, config_.venue),
                .stages = &stages_}),
      quarantine_(config_.quarantine, config_.venue, parts.log),
      tasks_(parts.io),
      wake_(parts.io) {
  publish_state();
}

Feed::~Feed() = default;

// Where no collector has one for all: a command that asks the venue, beside a collector perhaps. It
// leaves nothing in a folder that may be anybody's.
VenueBudget& Feed::make_budget() {
  if (!config_.budget_file.empty()) {
    auto file = BudgetFile::open(config_.budget_file, BudgetFile::IfMissing::refuse);
    if (file) own_budget_file_ = file.take();
  }
  own_budget_ =
      std::make_unique<VenueBudget>(limits_, shared_of(own_budget_file_.get(), config_, limits_));
  return *own_budget_;
}

net::Task<void> Feed::run() {
  co_await work(FeedMachine::Purpose::collect);
  publish();
  say_calls();
  planned_.store(true, std::memory_order_release);
  quarantine_.flush();
}

// Until the machine has ended; with Purpose::learn, until it has learnt what it can.
net::Task<void> Feed::work(FeedMachine::Purpose purpose) {
  machine_.start(purpose, clocks());
  while (!machine_.ended()) {
    if (purpose == FeedMachine::Purpose::learn && machine_.learnt()) machine_.stop(clocks());
    const auto now = clocks();
    machine_.on_time(now);
    counters_.calls.waiting.store(machine_.calls_waiting(now.steady), std::memory_order_relaxed);
    publish();
    if (now.steady >= state_due_ && !stopping_) {
      publish_state();
      state_due_ = now.steady + kStateEvery;
    }
    const auto at = machine_.wake_at(now.steady);
    if (at <= now.steady || machine_.ended()) continue;
    co_await wake_.wait_until(at);
  }
  co_await tasks_.join();
}

void Feed::stop() {
  if (!std::exchange(stopping_, true)) publish_state();
  machine_.stop(clocks());
  wake_.set();
}

FeedMachine::Change Feed::want(WantsOfShard wanted) {
  auto change = machine_.want(std::move(wanted), clocks());
  publish();
  publish_state();
  return change;
}

net::Task<Result<void>> Feed::check() {
  co_await work(FeedMachine::Purpose::learn);
  co_return machine_.check();
}

// --- the machine's hands ---

void Feed::open(FeedMachine::Leg& leg, std::uint64_t seed) {
  auto& connection = connections_[&leg];
  connection = std::make_unique<Connection>(*this, leg, seed);
  tasks_.spawn(keep(*connection, leg));
}

net::Task<void> Feed::keep(Connection& connection, FeedMachine::Leg& leg) {
  co_await connection.run();
  const auto at = connections_.find(&leg);
  machine_.ended(leg);
  connections_.erase(at);
}

void Feed::retire(FeedMachine::Leg& leg) {
  connections_.at(&leg)->stop();
}
void Feed::renew(FeedMachine::Leg& leg, std::string_view why) {
  connections_.at(&leg)->renew(why);
}
void Feed::send(FeedMachine::Leg& leg, std::string text) {
  connections_.at(&leg)->send(std::move(text));
}
Traffic Feed::traffic(const FeedMachine::Leg& leg) const {
  return connections_.at(&leg)->traffic();
}
void Feed::send_now(FeedMachine::Leg& leg, std::string_view text) {
  connections_.at(&leg)->send_now(text);
}

void Feed::call(std::uint64_t number, const venue::RestCall& call) {
  tasks_.spawn(perform(number, call));
}

net::Task<void> Feed::perform(std::uint64_t number, venue::RestCall call) {
  CallCounters& calls = counters_.calls;
  calls.submitted.add();
  ++calls.active;
  const auto begun = net::steady_now();
  const Answer answer = co_await ask(std::move(call));
  FeedMachine::Now now = clocks();
  --calls.active;
  calls.duration.record(now.steady - begun);
  calls.connects.store(http_.counters().connects, std::memory_order_relaxed);
  calls.reused.store(http_.counters().reused, std::memory_order_relaxed);
  if (!answer.response) calls.failed.add();
  if (answer.response) {
    now.utc = answer.response->ts_recv;
    machine_.answered(number, answer.response->body, now);
  } else {
    machine_.failed(number,
                    {.problem = answer.response.error(),
                     .status = answer.status,
                     .retry_after = answer.retry_after},
                    now);
  }
  publish();
}

net::Task<Feed::Answer> Feed::ask(venue::RestCall call) {
  const net::Url url = with_target(rest_url_, call.target);
  const bool posts = call.method == venue::Method::post;
  // With a name: g++ 12 copies a braced temporary of a co_await byte by byte and destroys both.
  net::HttpRequest request;
  request.method = posts ? net::HttpMethod::post : net::HttpMethod::get;
  request.url = url;
  request.body = call.body;
  request.headers = {{"Accept-Encoding", kAcceptEncoding}};
  request.wanted_header = limits_.rest_spent.name;
  auto response = co_await http_.request(std::move(request), net::steady_now() + kRestDeadline);
  if (!response) co_return Answer{response.error()};
  budget_.learn_spent(response->wanted_header, net::steady_now());
  if (const auto decoded = decode_body(url.without_query(), *response); !decoded) {
    co_return Answer{.response = decoded.error(),
                     .status = response->status,
                     .retry_after = response->retry_after};
  }
  if (response->status == 200) {
    if (auto* recording = parts_.recording) {
      const auto query = std::min(call.target.find('?'), call.target.size());
      recording->http(config_.venue, response->ts_recv,
                      url.without_query() + call.target.substr(query), response->body);
    }
    co_return Answer{std::move(response)};
  }
  co_return Answer{.response = refusal(url.without_query(), *response),
                   .status = response->status,
                   .retry_after = response->retry_after};
}

CallHealth Feed::call_health() const {
  using std::chrono::milliseconds;
  const CallCounters& calls = counters_.calls;
  return {.submitted = calls.submitted.value(),
          .failed = calls.failed.value(),
          .active = calls.active,
          .waiting = calls.waiting,
          .p95 = std::chrono::floor<milliseconds>(calls.duration.snapshot().percentile(0.95)),
          .connections = calls.connects,
          .reused = calls.reused};
}

void Feed::say_calls() {
  const CallHealth calls = call_health();
  if (calls.submitted == 0) return;
  parts_.log.info("rest_calls", {{"venue", config_.venue},
                                 {"calls", calls.submitted},
                                 {"failed", calls.failed},
                                 {"p95_ms", calls.p95.count()},
                                 {"connections", calls.connections},
                                 {"reused", calls.reused}});
}

void Feed::on_event(Stream& stream, const Event& event) {
  if (!stream.subject) {
    stream.subject = parts_.journal.subject(event.venue, event.symbol, event.instrument,
                                            machine_.engine().facts(stream));
  }
  {
    const FrameStages::Part timed{&stages_, obs::Stage::append};
    parts_.journal.append(*stream.subject, event);
  }
  counters_.events.add();
  const bool ours = event.channel() == Channel::status || event.channel() == Channel::instrument;
  if (event.channel() == Channel::status) note_status(event);
  if (ours) return;
  if (event.channel() <= Channel::quote) stream.show(event);
  counters_.collected.add();
  last_recv_ = event.ts_recv;
  last_event_ = event.ts_event;
}

// Everything of a batch came in one read, so one clock reading tells of all.
void Feed::end_batch() {
  publish();
  if (last_recv_ == Timestamp{}) return;
  counters_.journalled.record(net::now() - last_recv_);
  if (last_event_) counters_.delay.record(last_recv_ - *last_event_);
  last_recv_ = {};
}

// What was appended and counted is there for others.
void Feed::publish() {
  const EngineCounters& counted = machine_.engine().counters();
  counters_.frames.store(counted.frames, std::memory_order_relaxed);
  counters_.bytes.store(counted.bytes, std::memory_order_relaxed);
  counters_.copies.store(counted.copies, std::memory_order_relaxed);
  counters_.slow.store(counted.slow, std::memory_order_relaxed);
  counters_.left_out.store(counted.left_out, std::memory_order_relaxed);
  if (subscriptions_.load(std::memory_order_relaxed) != machine_.subscriptions()) {
    subscriptions_.store(machine_.subscriptions(), std::memory_order_relaxed);
    publish_state();  // what waited for a listing has a stream now
  }
  if (machine_.planned()) planned_.store(true, std::memory_order_release);
  parts_.journal.publish();
}

void Feed::publish_state() {
  const std::lock_guard guard{state_mutex_};
  machine_.tell_state(clocks(), state_);
  state_.health.calls = call_health();
}

FeedState Feed::state() const {
  const std::lock_guard guard{state_mutex_};
  return state_;
}

void Feed::note(std::optional<double> seconds, std::vector<StreamNote>& out) {
  for (const Stream& stream : machine_.engine().streams().all()) {
    StreamNote note{.venue = config_.venue,
                    .symbol = stream.symbol,
                    .instrument = stream.instrument,
                    .past = stream.past()};
    if (seconds && !stream.symbol.empty()) {
      const auto events = stream.events();
      note.work_per_second = static_cast<double>(events * kEventWork + stream.levels) / *seconds;
    }
    out.push_back(std::move(note));
  }
}

void Feed::on_refused(std::string_view frame, const venue::Reading& reading, Timestamp ts_recv) {
  using venue::Verdict;
  if (reading.verdict == Verdict::rejected) {
    ++counters_.rejected;
    parts_.log.error("rejected", {{"venue", config_.venue}, {"problem", reading.problem}});
    return;
  }
  ++(reading.verdict == Verdict::malformed ? counters_.malformed : counters_.unknown);
  quarantine_.keep(frame, reading, reading_conn_, ts_recv);
}

}  // namespace mp::pipeline
