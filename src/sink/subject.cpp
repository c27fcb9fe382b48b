#include "sink/subject.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "codec/marketprism_json.hpp"

namespace mp::sink {

struct Subject::Word {
  std::string_view name;
  Append append;
  Wording wording = Wording::ours;
};

const Subject::Word* Subject::word_named(std::string_view name) {
  using Kind = std::optional<InstrumentKind>;
  static constexpr std::array kWords = {
      Word{"venue",
           [](const Event& event, Kind, std::string& out) {
             out.append(event.venue);
             return true;
           },
           Wording::theirs},
      Word{"channel",
           [](const Event& event, Kind, std::string& out) {
             out.append(name_of(event.channel()));
             return true;
           }},
      Word{"kind",
           [](const Event&, Kind kind, std::string& out) {
             out.append(kind ? name_of(*kind) : "unknown");
             return true;
           }},
      Word{"instrument",
           [](const Event& event, Kind, std::string& out) {
             out.append(event.instrument.empty() ? event.symbol : event.instrument);
             return true;
           },
           Wording::theirs},
      Word{"symbol",
           [](const Event& event, Kind, std::string& out) {
             out.append(event.symbol);
             return true;
           },
           Wording::theirs},
      Word{"interval",
           [](const Event& event, Kind, std::string& out) {
             const auto* const candle = std::get_if<Candle>(&event.body);
             if (candle != nullptr) out.append(candle->interval);
             return true;
           },
           Wording::theirs},
      Word{"marketprism", codec::append_marketprism_subject},
      Word{"marketprism-old",
           [](const Event& event, Kind, std::string& out) {
             return codec::append_marketprism_old_subject(event, out);
           }},
  };
  const auto* const found = std::ranges::find(kWords, name, &Word::name);
  return found == kWords.end() ? nullptr : found;
}

Result<Subject> Subject::compile(std::string_view text, std::string_view excludes) {
  const auto refuse = [&](const std::string& why) {
    return Error{ErrorKind::config, fmt::format("the subject \"{}\" {}", text, why)};
  };
  Subject out;
  for (const char c : excludes) out.excludes_[static_cast<unsigned char>(c)] = true;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto brace = rest.find_first_of("{}");
    Part part{.before = std::string{rest.substr(0, brace)}};
    if (brace != std::string_view::npos) {
      const auto end = rest.find('}', brace);
      if (rest[brace] == '}' || end == std::string_view::npos)
        return refuse("has a brace without its other half");
      const auto name = rest.substr(brace + 1, end - brace - 1);
      const Word* const word = word_named(name);
      if (word == nullptr)
        return refuse(
            fmt::format("has {{{}}}; known are {{venue}}, {{channel}}, {{kind}}, "
                        "{{instrument}}, {{symbol}}, {{interval}}, {{marketprism}} and "
                        "{{marketprism-old}}",
                        name));
      part.name = word->append;
      part.wording = word->wording;
      rest.remove_prefix(end + 1);
    } else {
      rest = {};
    }
    out.parts_.push_back(std::move(part));
  }
  if (out.parts_.empty()) return refuse("is empty");
  return out;
}

bool Subject::append(const Event& event, std::optional<InstrumentKind> kind,
                     std::string& out) const {
  const std::size_t start = out.size();
  for (const Part& part : parts_) {
    out.append(part.before);
    const std::size_t from = out.size();
    if (part.name == nullptr) continue;
    if (!part.name(event, kind, out)) {
      out.resize(start);
      return false;
    }
    if (part.wording == Wording::ours) continue;
    for (std::size_t i = from; i < out.size(); ++i)
      if (excludes_[static_cast<unsigned char>(out[i])]) out[i] = '_';
  }
  return true;
}

}  // namespace mp::sink
