#include "venue/rest.hpp"

#include "core/assert.hpp"
#include "venue/support.hpp"
#include "venue/topics.hpp"

namespace mp::venue {
namespace {

RestCall call_of(const Adapter& adapter, const Endpoint& endpoint, const Subscription& wanted) {
  // In a target the symbol is percent-encoded; in a body it is JSON.
  Subscription encoded = wanted;
  encoded.symbol = percent_encoded(wanted.symbol);
  return {.kind = endpoint.kind,
          .symbol = wanted.symbol,
          .target = filled(adapter, endpoint.target, encoded),
          .method = endpoint.method,
          .body = filled(adapter, endpoint.body, wanted),
          .channel = endpoint.channel,
          .weight = endpoint.weight,
          .levels = endpoint.levels};
}

// How a part of a target stands to the template of it.
struct Match {
  bool fits = false;
  std::string symbol;
};

// "/a/{symbol}/b" against "/a/BTC/b", by the segments of the path.
Match match_path(std::string_view pattern, std::string_view path) {
  Match match;
  while (true) {
    const auto pattern_end = std::min(pattern.find('/', 1), pattern.size());
    const auto path_end = std::min(path.find('/', 1), path.size());
    const auto segment = pattern.substr(0, pattern_end);
    const auto given = path.substr(0, path_end);
    if (segment.find('{') == std::string_view::npos) {
      if (segment != given) return match;
    } else {
      if (given.size() < 2) return match;
      if (segment.starts_with("/{symbol")) match.symbol = percent_decoded(given.substr(1));
    }
    pattern.remove_prefix(pattern_end);
    path.remove_prefix(path_end);
    if (pattern.empty() || path.empty()) break;
  }
  match.fits = pattern.empty() && path.empty();
  return match;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// How well a recorded target fits an endpoint: nothing where it is another call, else how many of
// the fixed parameters agree.
struct Fit {
  int agreeing = -1;
  std::string symbol;
};
Fit fit_of(const Endpoint& endpoint, std::string_view pattern_path, std::string_view url) {
  Fit fit;
  auto match = match_path(pattern_path, path_of(url));
  if (!match.fits) return fit;
  fit.symbol = std::move(match.symbol);
  int agreeing = 0;
  bool complete = true;
  for_each_parameter(endpoint.target, [&](std::string_view name, std::string_view value) {
    const auto given = query_value(url, name);
    if (value.starts_with("{symbol")) {
      complete = complete && given;
      if (given) fit.symbol = *given;
    } else if (given && *given == value) {
      ++agreeing;
    } else if (given && !value.starts_with('{') && !is_number(value)) {
      complete = false;  // of another market or kind; another `limit` is the same call
    }
  });
  if (complete) fit.agreeing = agreeing;
  return fit;
}

}  // namespace

std::vector<RestCall> listing_calls(const Adapter& adapter) {
  std::vector<RestCall> calls;
  for (const auto& endpoint : adapter.traits().endpoints) {
    // A listing that another one leads to has holes for what that one names.
    const bool follows = endpoint.target.find('{') != std::string_view::npos;
    if (endpoint.kind == RestKind::listing && !follows)
      calls.push_back(call_of(adapter, endpoint, {}));
  }
  return calls;
}

std::optional<RestCall> snapshot_call(const Adapter& adapter, std::string_view symbol) {
  const Endpoint* const endpoint = endpoint_of(adapter.traits(), RestKind::snapshot);
  if (endpoint == nullptr) return std::nullopt;
  return call_of(adapter, *endpoint, {Channel::book, std::string{symbol}, {}});
}

std::optional<RestCall> shallow_snapshot_call(const Adapter& adapter, std::string_view symbol) {
  for (const auto& endpoint : adapter.traits().endpoints) {
    if (endpoint.kind == RestKind::snapshot && endpoint.levels != 0)
      return call_of(adapter, endpoint, {Channel::book, std::string{symbol}, {}});
  }
  return std::nullopt;
}

RestCall poll_call(const Adapter& adapter, const Subscription& wanted) {
  const Endpoint* const endpoint = poll_of(adapter.traits(), wanted.channel);
  MP_ASSERT(endpoint != nullptr);
  return call_of(adapter, *endpoint, wanted);
}

std::vector<RestCall> poll_calls(const Adapter& adapter, const Subscription& wanted) {
  std::vector<RestCall> calls;
  for (const auto& endpoint : adapter.traits().endpoints) {
    if (endpoint.kind == RestKind::poll && endpoint.channel == wanted.channel)
      calls.push_back(call_of(adapter, endpoint, wanted));
  }
  return calls;
}

std::optional<RestCall> trades_call(const Adapter& adapter, std::string_view symbol,
                                    std::int64_t from, std::int64_t to) {
  const Endpoint* const endpoint = endpoint_of(adapter.traits(), RestKind::trades);
  if (endpoint == nullptr) return std::nullopt;
  Endpoint numbered = *endpoint;
  std::string target{endpoint->target};
  const auto put = [&target](std::string_view hole, std::int64_t id) {
    if (const auto at = target.find(hole); at != std::string::npos)
      target.replace(at, hole.size(), std::to_string(id));
  };
  put("{from_id}", from);
  put("{behind_id}", to + 1);
  numbered.target = target;
  return call_of(adapter, numbered, {Channel::trade, std::string{symbol}, {}});
}

std::optional<RestCall> token_call(const Adapter& adapter) {
  const Endpoint* const endpoint = endpoint_of(adapter.traits(), RestKind::token);
  if (endpoint == nullptr) return std::nullopt;
  return call_of(adapter, *endpoint, {});
}

RestCall page_after(const Adapter& adapter, const RestCall& call, std::string_view cursor) {
  RestCall next = call;
  const auto path = path_of(call.target);
  for (const auto& endpoint : adapter.traits().endpoints) {
    if (endpoint.kind != call.kind || path_of(endpoint.target) != path || endpoint.cursor.empty())
      continue;
    const std::string parameter = std::string{endpoint.cursor}.append("=");
    const auto before = next.target.find("&" + parameter);
    if (before != std::string::npos) next.target.resize(before);
    next.target.append(next.target.find('?') == std::string::npos ? "?" : "&");
    next.target.append(parameter).append(percent_encoded(cursor));
    break;
  }
  return next;
}

std::optional<RestCall> identify(const Adapter& adapter, std::string_view url) {
  const Endpoint* best = nullptr;
  Fit best_fit;
  for (const auto& endpoint : adapter.traits().endpoints) {
    if (endpoint.kind == RestKind::token) continue;
    for (const auto path : {path_of(endpoint.target), endpoint.also}) {
      if (path.empty()) continue;
      Fit fit = fit_of(endpoint, path, url);
      if (fit.agreeing <= best_fit.agreeing) continue;
      best = &endpoint;
      best_fit = std::move(fit);
    }
  }
  if (best == nullptr) return std::nullopt;
  return RestCall{.kind = best->kind,
                  .symbol = best_fit.symbol,
                  .target = std::string{target_of(url)},
                  .method = best->method,
                  .body = {},
                  .channel = best->channel,
                  .weight = best->weight,
                  .levels = best->levels};
}

}  // namespace mp::venue
