#include "control/memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "codec/json_object.hpp"
#include "obs/modules.hpp"
#include "obs/process.hpp"

namespace mp::control {
namespace {

using codec::append_json_list;
using codec::JsonObject;

constexpr std::chrono::minutes kLookEvery{1};
constexpr std::chrono::hours kTellGrowthEvery{1};
constexpr std::size_t kFramesShown = 24;

double mebibytes(double bytes) {
  return bytes / (1 << 20U);
}

bool is_label(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !text.empty() && text.size() <= Memory::kLabelBytesMax && std::ranges::all_of(text, fits);
}

std::optional<MemoryPart> part_of(const obs::CodePlace& place) {
  struct Sign {
    std::string_view text;
    MemoryPart part;
  };
  static constexpr std::array<Sign, 8> kFunctions = {
      {{"mp::book::", MemoryPart::books},
       {"mp::pipeline::BookFeed", MemoryPart::books},
       {"mp::journal::", MemoryPart::journal},
       {"mp::sink::", MemoryPart::sinks},
       {"mp::pipeline::SinkFeed", MemoryPart::sinks},
       {"mp::pipeline::SinkRunner", MemoryPart::sinks},
       {"mp::net::", MemoryPart::connections},
       {"mp::pipeline::Feed::Connection", MemoryPart::connections}}};
  static constexpr std::array<Sign, 3> kLibraries = {{{"libduckdb", MemoryPart::sinks},
                                                      {"libssl", MemoryPart::connections},
                                                      {"libcrypto", MemoryPart::connections}}};
  for (const auto& [text, part] : kFunctions) {
    if (place.function.find(text) != std::string::npos) return part;
  }
  for (const auto& [text, part] : kLibraries) {
    if (place.module != nullptr && place.module->find(text) != std::string::npos) return part;
  }
  return std::nullopt;
}

// Addresses come often: each is looked up once.
class Places {
 public:
  const obs::CodePlace& of(std::uintptr_t return_address) {
    const auto [known, is_new] = places_.try_emplace(return_address);
    if (is_new) known->second = modules_.place_of(return_address - 1);  // within the call
    return known->second;
  }
  [[nodiscard]] MemoryPart part_of(const obs::HeapSite& site) {
    for (const auto frame : site.frames) {
      if (const auto part = control::part_of(of(frame))) return *part;
    }
    return MemoryPart::other;
  }

 private:
  const obs::Modules modules_;
  std::map<std::uintptr_t, obs::CodePlace> places_;
};

PartBytes parts_of(const std::vector<obs::HeapSite>& sites, Places& places) {
  PartBytes out{};
  for (const auto& site : sites) out[static_cast<std::size_t>(places.part_of(site))] += site.bytes;
  return out;
}

void append_parts(const PartBytes& parts, std::string& out) {
  JsonObject object{out};
  for (std::size_t i = 0; i < parts.size(); ++i)
    object.add(name_of(static_cast<MemoryPart>(i)), parts[i]);
}

void append_site(const obs::HeapSite& site, Places& places, std::string& out) {
  JsonObject object{out};
  object.add("bytes", site.bytes);
  object.add("count", site.count);
  object.add("part", places.part_of(site));
  auto frames = site.frames;
  if (frames.size() > kFramesShown) frames.resize(kFramesShown);
  append_json_list(frames, object.key("frames"), [&](std::uintptr_t frame, std::string& to) {
    const auto& place = places.of(frame);
    JsonObject row{to};
    row.add("function", place.function);
    row.add("module", place.module == nullptr ? std::string{} : *place.module);
    row.add("offset", place.offset);
  });
}

}  // namespace

std::string_view name_of(MemoryPart part) {
  static constexpr std::array<std::string_view, kMemoryParts> kNames = {
      "books", "connections", "journal", "sinks", "other"};
  return kNames[static_cast<std::size_t>(part)];
}

// --- growth ---

void GrowthWatch::add(std::uint64_t bytes) {
  points_.push_back(static_cast<double>(bytes));
  if (points_.size() > kPoints) points_.pop_front();
}

std::optional<double> GrowthWatch::slope() const {
  if (points_.size() < kPoints) return std::nullopt;
  const double middle = static_cast<double>(kPoints - 1) / 2;
  double sum = 0;
  double squares = 0;
  for (std::size_t i = 0; i < kPoints; ++i) {
    const double x = static_cast<double>(i) - middle;
    sum += x * points_[i];
    squares += x * x;
  }
  return sum / squares * static_cast<double>(kPoints);
}

// Steadily: of three thirds of the hour, each stands above the one before.
std::optional<double> GrowthWatch::growth() const {
  const auto rises = slope();
  if (!rises) return std::nullopt;
  constexpr std::size_t kThird = kPoints / 3;
  std::array<double, 3> thirds{};
  for (std::size_t i = 0; i < kPoints; ++i) thirds[i / kThird] += points_[i] / kThird;
  const double enough = std::max(static_cast<double>(kLeast), points_.front() * kShare);
  const bool steady = thirds[1] > thirds[0] && thirds[2] > thirds[1];
  return steady && *rises >= enough ? rises : std::nullopt;
}

std::vector<obs::HeapSite> grown(const std::vector<obs::HeapSite>& before,
                                 const std::vector<obs::HeapSite>& after) {
  std::map<std::vector<std::uintptr_t>, const obs::HeapSite*> had;
  for (const auto& site : before) had[site.frames] = &site;
  std::vector<obs::HeapSite> out;
  for (const auto& site : after) {
    const auto known = had.find(site.frames);
    obs::HeapSite more = site;
    if (known != had.end()) {
      more.bytes -= std::min(more.bytes, known->second->bytes);
      more.count -= std::min(more.count, known->second->count);
    }
    if (more.bytes > 0) out.push_back(std::move(more));
  }
  std::ranges::sort(out, std::ranges::greater{}, &obs::HeapSite::bytes);
  return out;
}

// --- of a collector ---

Memory::Memory(std::filesystem::path scratch, const MemoryRules& rules, obs::Logger& log)
    : scratch_(std::move(scratch)), rules_(rules), log_(log) {}

void Memory::on_time(net::SteadyTime now) {
  if (looked_ && now - *looked_ < kLookEvery) return;
  looked_ = now;
  const auto heap = obs::heap_numbers();
  growth_.add(heap ? heap->allocated : obs::process_memory().anonymous_bytes);
  if (heap && rules_.trim_above != 0 &&
      heap->resident - std::min(heap->resident, heap->allocated) > rules_.trim_above) {
    (void)obs::trim_heap();
    const auto after = obs::heap_numbers();
    log_.info("memory_trimmed", {{"resident_before", heap->resident},
                                 {"resident", after ? after->resident : heap->resident}});
  }
  check_budgets();
  const auto grows = growth_.growth();
  if (!grows || (told_growth_ && now - *told_growth_ < kTellGrowthEvery)) return;
  told_growth_ = now;
  log_.warn("memory_grows", {{"mib_per_hour", mebibytes(*grows)}});
}

// A look at all stacks each minute costs some tenths of a second: only where somebody asked for it.
void Memory::check_budgets() {
  over_budget_.clear();
  if (std::ranges::all_of(rules_.budgets, [](auto budget) { return budget == 0; })) return;
  const auto now = sites_now();
  if (!now) return;
  Places places;
  const auto parts = parts_of(*now, places);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (rules_.budgets[i] == 0 || parts[i] <= rules_.budgets[i]) continue;
    over_budget_.push_back(fmt::format("{} hold {:.1f} MiB of memory, and may have {:.1f}",
                                       name_of(static_cast<MemoryPart>(i)),
                                       mebibytes(static_cast<double>(parts[i])),
                                       mebibytes(static_cast<double>(rules_.budgets[i]))));
    log_.warn("memory_over_budget", {{"problem", over_budget_.back()}});
  }
}

std::vector<std::string> Memory::warnings() const {
  auto out = over_budget_;
  if (const auto grows = growth_.growth())
    out.push_back(fmt::format("memory grows by {:.0f} MiB an hour", mebibytes(*grows)));
  return out;
}

void Memory::document(std::string& out) const {
  const auto process = obs::process_memory();
  const auto heap = obs::heap_numbers();
  JsonObject object{out};
  object.add("resident", process.resident_bytes);
  object.add("anonymous", process.anonymous_bytes);
  object.add("problem", heap ? std::string{} : heap.error().message);
  const auto number = [&](std::string_view name, std::uint64_t obs::HeapNumbers::* member) {
    object.add(name, heap ? std::optional{(*heap).*member} : std::nullopt);
  };
  number("heap_allocated", &obs::HeapNumbers::allocated);
  number("heap_active", &obs::HeapNumbers::active);
  number("heap_resident", &obs::HeapNumbers::resident);
  object.add("fragmentation", heap ? std::optional{heap->fragmentation()} : std::nullopt);
  object.add("growth_per_hour", growth_.slope());
  std::vector<std::string> labels;
  for (const auto& [label, sites] : snapshots_) labels.push_back(label);
  object.add("snapshots", labels);
  object.add("warnings", warnings());
}

Result<void> Memory::snapshot(const std::string& label) {
  if (!is_label(label)) {
    return Error{ErrorKind::usage,
                 fmt::format("\"{}\" is no name of a snapshot; expected up to {} letters, digits, "
                             "'-', '_' and '.'",
                             label, kLabelBytesMax)};
  }
  if (!snapshots_.contains(label) && snapshots_.size() >= kSnapshotsMax) {
    return Error{
        ErrorKind::locked,
        fmt::format("there are {} snapshots already; take one of their names anew", kSnapshotsMax)};
  }
  auto sites = sites_now();
  if (!sites) return sites.error();
  snapshots_[label] = sites.take();
  return {};
}

Result<Memory::Sites> Memory::sites_of(const std::string& label) const {
  const auto found = snapshots_.find(label);
  if (found != snapshots_.end()) return found->second;
  return Error{ErrorKind::usage,
               fmt::format("there is no snapshot \"{}\"; `marketprism memory snapshot {}` takes "
                           "one",
                           label, label)};
}

Result<void> Memory::sites(const std::string& from, const std::string& to, std::string& out) {
  auto before = from.empty() ? Result<Sites>{Sites{}} : sites_of(from);
  if (!before) return before.error();
  auto after = to.empty() ? sites_now() : sites_of(to);
  if (!after) return after.error();
  auto rows = grown(*before, *after);
  Places places;
  JsonObject object{out};
  object.add("from", from);
  object.add("to", to);
  append_parts(parts_of(rows, places), object.key("parts"));
  if (rows.size() > kSitesShown) rows.resize(kSitesShown);
  append_json_list(rows, object.key("sites"), [&](const obs::HeapSite& site, std::string& to_text) {
    append_site(site, places, to_text);
  });
  return {};
}

Result<void> Memory::trim() {
  return obs::trim_heap();
}

}  // namespace mp::control
