#include "cli/venue_document.hpp"

#include <fmt/format.h>

#include "venue/registry.hpp"

namespace mp::cli {
namespace {

using venue::Traits;

// How a channel is known to work, in a letter or two.
std::string mark_of(const Traits& traits, Channel channel) {
  std::string_view evidence;
  const auto* const route = venue::route_of(traits, channel);
  const auto* const poll = venue::poll_of(traits, channel);
  if (route != nullptr) evidence = route->evidence;
  if (route == nullptr && poll != nullptr) evidence = poll->evidence;
  if (evidence.empty()) return "";
  std::string mark = evidence.starts_with("recorded") ? "R"
                     : evidence.starts_with("pair")   ? "P"
                                                      : "D";
  return route == nullptr ? mark + "*" : mark;
}

std::string_view words_of(BookStart start) {
  switch (start) {
    case BookStart::stream_snapshot:
      return "begins with a snapshot on the stream";
    case BookStart::rest_snapshot:
      return "changes join a REST snapshot";
    case BookStart::socket_snapshot:
      return "changes join a snapshot that is asked for on the socket";
    case BookStart::every_message:
      break;
  }
  return "each message is a whole book";
}

std::string_view words_of(BookLink link) {
  switch (link) {
    case BookLink::first:
      return "first number = last + 1";
    case BookLink::previous:
      return "previous number = last";
    case BookLink::none:
      break;
  }
  return "no numbers: order of arrival";
}

std::string_view words_of(BookChecksum checksum) {
  switch (checksum) {
    case BookChecksum::crc32_25:
      return "CRC-32 of 25 levels";
    case BookChecksum::kraken_crc32:
      return "CRC-32 of 10 levels";
    case BookChecksum::bitfinex_crc32:
      return "CRC-32 of 25 levels, JavaScript's numbers";
    case BookChecksum::crc32_sides_10:
      return "CRC-32 of 10 levels, side after side";
    case BookChecksum::none:
      break;
  }
  return "none";
}

std::string words_of(const venue::Window& window) {
  if (window.count == 0) return "not known";
  return fmt::format("{} in {} s", window.count, static_cast<double>(window.per.count()) / 1000);
}

void append_matrix(std::string& out) {
  out += "| venue |";
  for (const auto name : kChannelNames) {
    if (name != "instrument" && name != "status") out += fmt::format(" {} |", name);
  }
  out += "\n| --- |";
  for (std::size_t i = 0; i + 2 < kChannelCount; ++i) out += " --- |";
  out += "\n";
  for (const auto& registration : venue::registry()) {
    const auto adapter = registration.make();
    out += fmt::format("| [{0}](#{0}) |", registration.name);
    for (std::size_t i = 0; i < kChannelCount; ++i) {
      const auto channel = static_cast<Channel>(i);
      if (channel == Channel::instrument || channel == Channel::status) continue;
      out += fmt::format(" {} |", mark_of(adapter->traits(), channel));
    }
    out += "\n";
  }
}

std::string in_code(std::string_view text) {
  std::string out = "`";
  for (const char c : text) {
    if (c == '|') out.push_back('\\');
    out.push_back(c);
  }
  return out + "`";
}

std::string header_of(const venue::Limits& limits) {
  if (limits.rest_spent.name.empty()) return {};
  const bool spent = limits.rest_spent.tells == venue::SpentHeader::Tells::spent;
  return fmt::format(", as {} tells what is {}", in_code(limits.rest_spent.name),
                     spent ? "spent" : "left");
}

void append_venue(const Traits& traits, std::string& out) {
  const auto& limits = traits.limits;
  out += fmt::format("\n### {}\n\n{}\n\n", traits.name, traits.docs_url);
  out +=
      fmt::format("- connects to `{}{}`, REST `{}`\n", traits.ws_url, traits.path, traits.rest_url);
  if (venue::route_of(traits, Channel::book) != nullptr) {
    out += fmt::format("- book: {}; {}; checksum: {}", words_of(traits.book.start),
                       words_of(traits.book.link), words_of(traits.book.checksum));
    if (traits.book.depth_max != 0) out += fmt::format("; {} levels a side", traits.book.depth_max);
    out += fmt::format(" ({})\n", traits.book_source);
  }
  out += fmt::format(
      "- limits: {} topics a session, {} a request; requests {}; connects {}; REST "
      "calls {}{} ({})\n",
      limits.topics_per_session, limits.topics_per_request, words_of(limits.requests),
      words_of(limits.connects), words_of(limits.rest_calls),
      limits.rest_weight.count == 0
          ? ""
          : fmt::format(", weight {}{}", words_of(limits.rest_weight), header_of(limits)),
      limits.source);
  if (!traits.ping.text.empty()) {
    out += fmt::format("- ping: {} {} {} s ({})\n", in_code(traits.ping.text),
                       traits.ping.pace == venue::PingPace::regular ? "every" : "after silence of",
                       traits.ping.every.count(), traits.ping.source);
  }
  out += fmt::format("- requests: {}\n", traits.requests.source);
  out += "\n| channel | topic or call | evidence |\n| --- | --- | --- |\n";
  for (const auto& route : traits.routes) {
    out += fmt::format(
        "| {} | {} | {} |\n", name_of(route.channel),
        in_code(
            std::string{route.group}.append(route.group.empty() ? "" : " ").append(route.topic)),
        route.evidence);
  }
  for (const auto& endpoint : traits.endpoints) {
    const bool polls = endpoint.kind == venue::RestKind::poll;
    const std::string what =
        polls ? fmt::format("{}, every {} s", name_of(endpoint.channel), endpoint.every.count())
        : endpoint.kind == venue::RestKind::listing  ? "instrument"
        : endpoint.kind == venue::RestKind::snapshot ? "book snapshot"
        : endpoint.kind == venue::RestKind::trades   ? "trades that are missing"
                                                     : "token";
    out += fmt::format("| {} | {} {} | {} |\n", what,
                       endpoint.method == venue::Method::post ? "POST" : "GET",
                       in_code(endpoint.target), endpoint.evidence);
  }
}

}  // namespace

std::string venue_document() {
  std::string out =
      "# Venues\n\nWritten by `marketprism list venues --markdown`; a test keeps it true.\n\n"
      "How each channel was verified: R, frames recorded from the venue are in tests/golden; P, "
      "what "
      "another program makes of a message is equal; D, shaped after the venue's documentation. "
      "With "
      "*: asked for by REST, on a schedule.\n\n";
  append_matrix(out);
  for (const auto& registration : venue::registry())
    append_venue(registration.make()->traits(), out);
  return out;
}

}  // namespace mp::cli
