#include "venue/topics.hpp"

#include <algorithm>
#include <map>

#include "codec/json_encode.hpp"
#include "core/assert.hpp"
#include "venue/support.hpp"

namespace mp::venue {
namespace {

constexpr std::string_view kHoleCharacters = "abcdefghijklmnopqrstuvwxyz0123456789_";

// The content of a JSON string that says `text`.
void append_escaped(std::string_view text, std::string& out) {
  std::string quoted;
  codec::append_json_string(text, quoted);
  out.append(quoted, 1, quoted.size() - 2);
}

bool fill_common(const Traits& traits, std::string_view hole, const Subscription& wanted,
                 std::string& out) {
  if (hole == "symbol") {
    append_escaped(wanted.symbol, out);
  } else if (hole == "symbol_lower") {
    append_escaped(lower_case(wanted.symbol), out);
  } else if (hole == "interval") {
    append_escaped(their_interval(traits, wanted.interval).value_or(wanted.interval), out);
  } else {
    return false;
  }
  return true;
}

bool fill_time(std::string_view hole, Timestamp now, std::string& out) {
  const auto count = to_nanoseconds(now);
  if (hole == "now_s") return codec::append_json_integer(count / 1'000'000'000, out), true;
  if (hole == "now_ms") return codec::append_json_integer(count / 1'000'000, out), true;
  return false;
}

}  // namespace

void fill_holes(std::string_view text,
                const std::function<bool(std::string_view hole, std::string& out)>& fill,
                std::string& out) {
  while (true) {
    const auto open = text.find('{');
    out.append(text.substr(0, open));
    if (open == std::string_view::npos) return;
    text.remove_prefix(open);
    const auto close = text.find_first_not_of(kHoleCharacters, 1);
    if (close == std::string_view::npos || close == 1 || text[close] != '}') {
      out.push_back('{');
      text.remove_prefix(1);
      continue;
    }
    const bool known = fill(text.substr(1, close - 1), out);
    MP_ASSERT(known);
    text.remove_prefix(close + 1);
  }
}

std::string filled(const Adapter& adapter, std::string_view text, const Subscription& wanted) {
  std::string out;
  fill_holes(
      text,
      [&](std::string_view hole, std::string& into) {
        return adapter.fill(hole, wanted, into) ||
               fill_common(adapter.traits(), hole, wanted, into);
      },
      out);
  return out;
}

Topic topic_of(const Adapter& adapter, const Subscription& wanted) {
  const Traits& traits = adapter.traits();
  const Route* const route = route_of(traits, wanted.channel);
  MP_ASSERT(route != nullptr);
  return {.path = filled(adapter, route->path.empty() ? traits.path : route->path, wanted),
          .group = filled(adapter, route->group, wanted),
          .text = filled(adapter, route->topic, wanted)};
}

std::string RequestWriter::spelled(std::string_view text, std::string_view topics,
                                   std::string_view group, const Subscription& wanted,
                                   Timestamp now) {
  std::string out;
  fill_holes(
      text,
      [&](std::string_view hole, std::string& into) {
        if (hole == "topics") return into.append(topics), true;
        if (hole == "group") return into.append(group), true;
        if (hole == "id") return codec::append_json_integer(last_id_, into), true;
        return fill_time(hole, now, into) || adapter_->fill(hole, wanted, into) ||
               fill_common(adapter_->traits(), hole, wanted, into);
      },
      out);
  return out;
}

std::vector<Request> RequestWriter::write(Verb verb, std::span<const Topic> topics, Timestamp now) {
  const Traits& traits = adapter_->traits();
  const auto& text =
      verb == Verb::subscribe ? traits.requests.subscribe : traits.requests.unsubscribe;
  std::map<std::string_view, std::vector<const Topic*>> groups;
  std::vector<std::string_view> order;
  for (const Topic& topic : topics) {
    auto& group = groups[topic.group];
    if (group.empty()) order.push_back(topic.group);
    if (std::ranges::find(group, topic.text, &Topic::text) == group.end()) group.push_back(&topic);
  }
  std::vector<Request> requests;
  for (const auto group : order) {
    const auto& members = groups[group];
    for (std::size_t i = 0; i < members.size();) {
      Request& request = requests.emplace_back();
      request.id = ++last_id_;
      std::string joined;
      do {
        if (!joined.empty()) joined.push_back(',');
        joined.append(members[i]->text);
        request.topics.push_back(*members[i++]);
      } while (i < members.size() && request.topics.size() < limits_.topics_per_request);
      request.text = spelled(text, joined, group, {}, now);
    }
  }
  return requests;
}

std::vector<std::string> RequestWriter::hello(Timestamp now) {
  std::vector<std::string> out;
  for (const auto text : adapter_->traits().requests.hello) {
    ++last_id_;
    out.push_back(spelled(text, {}, {}, {}, now));
  }
  return out;
}

std::string RequestWriter::snapshot(std::string_view symbol, Timestamp now) {
  ++last_id_;
  return spelled(adapter_->traits().requests.snapshot, {}, {},
                 {.channel = Channel::book, .symbol = std::string{symbol}, .interval = {}}, now);
}

std::string RequestWriter::ping(Timestamp now) {
  ++last_id_;
  return spelled(adapter_->traits().ping.text, {}, {}, {}, now);
}

}  // namespace mp::venue
