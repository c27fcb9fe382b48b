#include "sink/spec.hpp"

#include <algorithm>
#include <array>

#include "core/assert.hpp"

namespace mp::sink {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;
constexpr std::array<std::string_view, 3> kOverflows = {"hold", "skip_oldest", "skip_newest"};

constexpr std::array kCommon = {
    Key{"enabled", true, "Whether it runs."},
    Key{.name = "channels",
        .fallback = Key::NoTexts{},
        .doc = "What it gets. Default: every channel.",
        .example = "[\"trade\", \"book\"]"},
    Key{.name = "instruments",
        .fallback = Key::NoTexts{},
        .doc = "Of which instruments: our names, venue:name or venue:symbol, `*` in them for any "
               "characters. Default: all.",
        .example = "[\"binance:*-USDT\", \"BTC-*\"]"},
    Key{.name = "encoding", .fallback = "", .doc = "The form of the events."},
    Key{.name = "subject",
        .fallback = "",
        .doc = "Where each event goes, by {venue}, {channel}, {kind}, {instrument}, {symbol} and "
               "{interval}; or "
               "{marketprism} or {marketprism-old}, the layouts of the Python collector."},
    Key{.name = "batch_events",
        .fallback = std::uint64_t{4096},
        .doc = "Events that are delivered together, at most.",
        .least = 1,
        .most = 1'000'000},
    Key{.name = "batch_bytes",
        .fallback = Bytes{kMiB},
        .doc = "Likewise, encoded; the last event may pass it.",
        .least = 1024,
        .most = 256 * kMiB},
    Key{.name = "batch_age",
        .fallback = milliseconds{50},
        .doc = "What a slow stream waits for company.",
        .most = 3'600'000},
    Key{.name = "retry_first",
        .fallback = milliseconds{100},
        .doc = "The pause after a failure, doubled each time. Whatever passes is tried again "
               "without end; the journal holds the events meanwhile.",
        .least = 1,
        .most = 3'600'000},
    Key{.name = "retry_longest",
        .fallback = milliseconds{4'000},
        .doc = "The longest pause: so long it may take to see that all is well again.",
        .least = 1,
        .most = 86'400'000},
    Key{.name = "overflow",
        .fallback = "hold",
        .doc =
            "What happens while it cannot keep up. hold: the journal holds the events, as long as "
            "it keeps any. skip_oldest: events older than overflow_age are passed over. "
            "skip_newest: what came longer than overflow_age after a stop began is. What is "
            "passed over is counted, and a gap event says how many.",
        .words = kOverflows},
    Key{.name = "overflow_age",
        .fallback = milliseconds{60'000},
        .doc = "See overflow.",
        .least = 100},
    Key{.name = "dead_letter",
        .fallback = "",
        .doc = "The file for events that it refuses for good; `marketprism dlq` reads it. Default: "
               "dead-letter/NAME.ndjson in data.dir.",
        .example = "\"/var/lib/marketprism/refused.ndjson\""},
    Key{.name = "dead_letter_bytes",
        .fallback = Bytes{64 * kMiB},
        .doc = "The most that it may hold; what is refused then is counted."},
};

template <class T>
const T& as(const Value* value) {
  MP_ASSERT(value != nullptr && std::holds_alternative<T>(*value));
  return std::get<T>(*value);
}

}  // namespace

std::string_view name_of(Guarantee guarantee) {
  switch (guarantee) {
    case Guarantee::exactly_once:
      return "exactly once";
    case Guarantee::at_least_once:
      return "at least once";
    case Guarantee::best_effort:
      break;
  }
  return "best effort";
}

std::span<const Key> common_keys() {
  return kCommon;
}

std::vector<const Key*> keys_of(const Spec& spec) {
  std::vector<const Key*> out;
  for (const Key& key : kCommon) {
    if (key.name == "encoding" && spec.encodings.size() < 2) continue;
    if (key.name == "subject" && spec.subject.empty()) continue;
    out.push_back(&key);
  }
  for (const Key& key : spec.keys) out.push_back(&key);
  return out;
}

Value default_of(const Key& key, const Spec* spec) {
  Key::Default of = key.fallback;
  if (spec != nullptr) {
    const auto usual = std::ranges::find(spec->usual, key.name, &Usual::key);
    if (usual != spec->usual.end()) of = usual->value;
  }
  return std::visit(
      [](const auto& fallback) -> Value {
        using T = std::decay_t<decltype(fallback)>;
        if constexpr (std::is_same_v<T, std::string_view>) return std::string{fallback};
        if constexpr (std::is_same_v<T, Key::NoTexts>) return Texts{};
        if constexpr (std::is_constructible_v<Value, T>) return fallback;
      },
      of);
}

Settings::Settings(const Spec& spec) : name(spec.type), spec_(&spec) {
  for (const Key* key : keys_of(spec)) values_.emplace_back(key->name, default_of(*key, &spec));
  if (spec.encodings.size() > 1) set("encoding", std::string{spec.encodings.front()});
  if (!spec.subject.empty()) set("subject", std::string{spec.subject});
}

const Value* Settings::find(std::string_view key) const {
  const auto found = std::ranges::find(values_, key, [](const auto& pair) { return pair.first; });
  return found == values_.end() ? nullptr : &found->second;
}

bool Settings::flag(std::string_view key) const {
  return as<bool>(find(key));
}
std::uint64_t Settings::number(std::string_view key) const {
  return as<std::uint64_t>(find(key));
}
std::uint64_t Settings::bytes(std::string_view key) const {
  return as<Bytes>(find(key)).count;
}
milliseconds Settings::time(std::string_view key) const {
  return as<milliseconds>(find(key));
}
const std::string& Settings::text(std::string_view key) const {
  return as<std::string>(find(key));
}
const Texts& Settings::texts(std::string_view key) const {
  return as<Texts>(find(key));
}

const Value& Settings::value(std::string_view key) const {
  const Value* const found = find(key);
  MP_ASSERT(found != nullptr);
  return *found;
}

std::string_view Settings::encoding() const {
  const auto& all = spec_->encodings;
  if (all.size() > 1) return text("encoding");
  return all.empty() ? std::string_view{} : all.front();
}

void Settings::set(std::string_view key, Value value) {
  const auto found = std::ranges::find(values_, key, [](const auto& pair) { return pair.first; });
  MP_ASSERT(found != values_.end() && found->second.index() == value.index());
  found->second = std::move(value);
}

void Settings::set_usual(std::string_view key, const std::string& text) {
  const Value* const found = find(key);
  if (found != nullptr && as<std::string>(found).empty()) set(key, text);
}

}  // namespace mp::sink
