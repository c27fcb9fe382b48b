#include "cli/conversations.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/output.hpp"
#include "venue/registry.hpp"
#include "venue/rest.hpp"
#include "venue/support.hpp"

namespace mp::cli {
namespace {

// The paths that sessions of a venue have, without what a query or a hole would fill.
bool has_path(const venue::Traits& traits, std::string_view path) {
  const auto is = [path](std::string_view own) {
    own = own.substr(0, own.find_first_of("?{"));
    return !own.empty() && path == own;
  };
  return is(traits.path) ||
         std::ranges::any_of(traits.routes, [&](const auto& route) { return is(route.path); });
}

// Whether a connection is known to be one of another venue id with the same endpoint: several
// markets of an exchange have a host in common and a path of their own.
bool is_elsewhere(const venue::Traits& ours, std::string_view url) {
  const auto path = venue::path_of(url);
  if (has_path(ours, path)) return false;
  return std::ranges::any_of(venue::registry(), [&](const venue::Registration& other) {
    const auto adapter = other.make();
    const auto& traits = adapter->traits();
    return traits.name != ours.name && traits.ws_url == ours.ws_url && has_path(traits, path);
  });
}

}  // namespace

bool Conversations::connect(std::string_view conn, std::string_view url, Timestamp now) {
  auto& conversation = conversations_[std::string{conn}];
  if (conversation.session) {
    engine_.on_disconnected({.symbol = "",
                             .channel = {},
                             .reason = "reconnected",
                             .session = conversation.session->id()},
                            now);
  }
  conversation.session.reset();
  if (!url.empty() && is_elsewhere(adapter_.traits(), url)) return false;
  conversation.session = engine_.open_session();
  return true;
}

void Conversations::receive(const codec::RecordingLine& line, Timestamp now) {
  auto found = conversations_.find(line.conn);
  if (found == conversations_.end()) {
    found = conversations_.emplace(line.conn, Conversation{engine_.open_session()}).first;
  }
  if (!found->second.session) {
    ++elsewhere_;
    return;
  }
  engine_.on_frame(*found->second.session, line.data, now);
}

void Conversations::answer(const codec::RecordingLine& line, Timestamp now) {
  const auto call = venue::identify(adapter_, line.url);
  if (!call) return;
  if (const auto read = engine_.on_rest(*call, line.data, now); !read)
    complain(fmt::format("line {}: {}", line.number, read.error().message));
}

}  // namespace mp::cli
