// `marketprism memory`: what a collector that runs holds, who has allocated it, and what grows.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/running.hpp"
#include "cli/source_lines.hpp"
#include "codec/json_exact.hpp"

namespace mp::cli {
namespace {

using namespace codec;  // the vocabulary of shapes

struct FrameDocument {
  std::string_view function;
  std::string_view module;
  std::int64_t offset = 0;
};
using FrameShape =
    Shape<Field<"function", &FrameDocument::function>, Field<"module", &FrameDocument::module>,
          Field<"offset", &FrameDocument::offset>>;
struct SiteDocument {
  std::int64_t bytes = 0;
  std::int64_t count = 0;
  RowList<FrameDocument> frames;
};
using SiteShape = Shape<Field<"bytes", &SiteDocument::bytes>, Field<"count", &SiteDocument::count>,
                        Rows<"frames", &SiteDocument::frames, FrameShape>>;
struct PartsDocument {
  std::int64_t books = 0;
  std::int64_t connections = 0;
  std::int64_t journal = 0;
  std::int64_t sinks = 0;
  std::int64_t other = 0;
};
using PartsShape =
    Shape<Field<"books", &PartsDocument::books>, Field<"connections", &PartsDocument::connections>,
          Field<"journal", &PartsDocument::journal>, Field<"sinks", &PartsDocument::sinks>,
          Field<"other", &PartsDocument::other>>;
struct SitesDocument {
  PartsDocument parts;
  RowList<SiteDocument> sites;
};
using SitesShape = Shape<Object<"parts", &SitesDocument::parts, PartsShape>,
                         Rows<"sites", &SitesDocument::sites, SiteShape>>;

struct HeapDocument {
  std::int64_t resident = 0;
  std::optional<std::int64_t> allocated;
  std::optional<std::int64_t> active;
  std::optional<std::int64_t> heap_resident;
  std::optional<Decimal> fragmentation;
};
using HeapShape = Shape<Field<"resident", &HeapDocument::resident>,
                        Field<"heap_allocated", &HeapDocument::allocated>,
                        Field<"heap_active", &HeapDocument::active>,
                        Field<"heap_resident", &HeapDocument::heap_resident>,
                        Field<"fragmentation", &HeapDocument::fragmentation>>;

Error unreadable_heap(const ExactReader& reader) {
  return {ErrorKind::data, "the collector's answer cannot be read: " + reader.problem()};
}

std::string bytes_text(std::int64_t bytes) {
  constexpr std::int64_t kKiB = 1024;
  if (bytes < 10 * kKiB) return fmt::format("{} B", bytes);
  if (bytes < 10 * kKiB * kKiB) return fmt::format("{} KiB", bytes / kKiB);
  return fmt::format("{} MiB", bytes / kKiB / kKiB);
}

// Allocators and containers are not who wanted the memory.
bool is_plumbing(const FrameDocument& frame) {
  constexpr std::array<std::string_view, 6> kSigns = {
      "operator new", "std::", "__gnu_cxx::", "malloc", "calloc", "realloc"};
  const bool named = std::ranges::any_of(kSigns, [&](std::string_view sign) {
    return frame.function.starts_with(sign) ||
           frame.function.find(fmt::format(" {}", sign)) != std::string_view::npos;
  });
  return named || frame.module.find("libstdc++") != std::string_view::npos ||
         frame.module.find("libc.so") != std::string_view::npos ||
         frame.module.find("libjemalloc") != std::string_view::npos;
}

// Who wanted it, and up to two who called that.
std::vector<const FrameDocument*> blamed(const SiteDocument& site) {
  constexpr std::size_t kShown = 3;
  std::vector<const FrameDocument*> out;
  for (const auto& frame : site.frames) {
    if (out.empty() && is_plumbing(frame)) continue;
    out.push_back(&frame);
    if (out.size() == kShown) break;
  }
  if (out.empty() && site.frames.begin() != site.frames.end()) out.push_back(&*site.frames.begin());
  return out;
}

// The lines of all frames that are shown: addr2line reads each file once.
class Lines {
 public:
  void want(const FrameDocument& frame) {
    wanted_[std::string{frame.module}].push_back(static_cast<std::uint64_t>(frame.offset));
  }
  void find() {
    for (const auto& [module, offsets] : wanted_) {
      const auto found = source_lines(module, offsets);
      for (std::size_t i = 0; i < offsets.size(); ++i) lines_[{module, offsets[i]}] = found[i];
    }
  }
  [[nodiscard]] std::string of(const FrameDocument& frame) const {
    const auto found =
        lines_.find({std::string{frame.module}, static_cast<std::uint64_t>(frame.offset)});
    return found == lines_.end() ? std::string{} : found->second;
  }

 private:
  std::map<std::string, std::vector<std::uint64_t>> wanted_;
  std::map<std::pair<std::string, std::uint64_t>, std::string> lines_;
};

void print_sites(const SitesDocument& document, std::size_t most, std::string_view sign,
                 std::string& out) {
  Lines lines;
  std::size_t count = 0;
  for (const auto& site : document.sites) {
    if (++count > most) break;
    for (const auto* const frame : blamed(site)) lines.want(*frame);
  }
  lines.find();
  out += fmt::format("{:>10} {:>10}  WHERE\n", "BYTES", "COUNT");
  count = 0;
  for (const auto& site : document.sites) {
    if (++count > most) break;
    std::string head =
        fmt::format("{:>10} {:>10}  ", fmt::format("{}{}", sign, bytes_text(site.bytes)),
                    fmt::format("{}{}", sign, site.count));
    for (const auto* const frame : blamed(site)) {
      out += fmt::format("{}{}  {}\n", head, frame->function, lines.of(*frame));
      head = std::string(27, ' ') + "in ";
    }
  }
}

// How much there is, and how much of it is in nobody's use.
Result<void> append_heap(const std::string& url, std::string& out) {
  const auto text = ask_running(url, "/api/v1/heap");
  if (!text) return text.error();
  ExactReader reader;
  HeapDocument heap;
  if (!reader.read<HeapShape>(*text, heap)) return unreadable_heap(reader);
  out += fmt::format(
      "resident {}, of which the heap has {}: allocated {}, active {}, {:.0f} % in "
      "nobody's use\n",
      bytes_text(heap.resident), bytes_text(heap.heap_resident.value_or(0)),
      bytes_text(heap.allocated.value_or(0)), bytes_text(heap.active.value_or(0)),
      heap.fragmentation ? to_double(*heap.fragmentation) * 100 : 0.0);
  return {};
}

Result<void> show_sites(const MemoryOptions& options, const std::string& url) {
  const bool differs = options.action == "diff";
  std::string target = "/api/v1/heap/sites";
  if (differs) target += fmt::format("?from={}&to={}", options.from, options.to);
  const auto text = ask_running(url, target);
  if (!text) return text.error();
  Output out;
  if (options.json) {
    out.buffer() += *text;
    out.line_done();
    return out.flush();
  }
  ExactReader reader;
  SitesDocument document;
  if (!reader.read<SitesShape>(*text, document)) return unreadable_heap(reader);
  if (const auto heap = append_heap(url, out.buffer()); !heap) return heap;
  const auto& parts = document.parts;
  out.buffer() += fmt::format("{}: books {}, connections {}, journal {}, sinks {}, other {}\n",
                              differs ? "grown" : "held by", bytes_text(parts.books),
                              bytes_text(parts.connections), bytes_text(parts.journal),
                              bytes_text(parts.sinks), bytes_text(parts.other));
  print_sites(document, options.count, differs ? "+" : "", out.buffer());
  return out.flush();
}

// A name goes into a URL as it is: only what a snapshot may be called is sent at all.
bool is_plain(const std::string& name) {
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

Result<void> act(const MemoryOptions& options) {
  for (const auto& name : {options.from, options.to}) {
    if (is_plain(name)) continue;
    return Error{ErrorKind::usage,
                 fmt::format("\"{}\" is no name of a snapshot; expected letters, digits, '-', '_' "
                             "and '.'",
                             harmless(name))};
  }
  const auto url = find_running(options.data_dir, options.url);
  if (!url) return url.error();
  if (options.action == "top" || options.action == "diff") return show_sites(options, *url);
  const bool trims = options.action == "trim";
  const auto target =
      trims ? std::string{"/api/v1/heap/trim"} : "/api/v1/heap/snapshot?label=" + options.from;
  const auto done = tell_running(*url, target, options.data_dir);
  if (!done) return done.error();
  Output out;
  if (!trims) {
    out.buffer() += fmt::format("snapshot {} taken; `{} memory diff {}` shows what came since\n",
                                options.from, program(), options.from);
    return out.flush();
  }
  if (const auto heap = append_heap(*url, out.buffer()); !heap) return heap;
  return out.flush();
}

}  // namespace

int memory(const MemoryOptions& options) {
  const auto done = act(options);
  return done ? 0 : fail(done.error());
}

}  // namespace mp::cli
