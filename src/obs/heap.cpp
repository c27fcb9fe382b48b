#include "obs/heap.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <system_error>

#include "core/files.hpp"

// How the allocator is to work, found by its name. Sampled from the start, so that what grew before
// anybody asked is known.
extern "C" {
extern const char* malloc_conf;
__attribute__((used, visibility("default"))) const char* malloc_conf =
    "prof:true,prof_active:true,lg_prof_sample:19,abort_conf:false";
}

namespace mp::obs {
namespace {

constexpr double kSampleBytes = 524'288;  // 2^lg_prof_sample

using Mallctl = int (*)(const char* name, void* old, std::size_t* old_size, void* fresh,
                        std::size_t fresh_size);

// By name at run time: the program runs with it (linked, or preloaded) and without.
Mallctl mallctl() {
  static const auto found = reinterpret_cast<Mallctl>(::dlsym(RTLD_DEFAULT, "mallctl"));
  return found;
}

Error no_allocator() {
  return {ErrorKind::unavailable,
          "this program runs without jemalloc, which tells of memory; expected one that is built "
          "without a sanitizer"};
}

template <class Value>
std::optional<Value> ask(const char* name) {
  Value value{};
  std::size_t size = sizeof value;
  if (mallctl() == nullptr || mallctl()(name, &value, &size, nullptr, 0) != 0) return std::nullopt;
  return value;
}

// The next number of a text that has others before and behind.
template <class Number>
std::optional<Number> take_number(std::string_view& text, int base = 10) {
  const auto begin = text.find_first_not_of(" \t:[]");
  if (begin == std::string_view::npos) return std::nullopt;
  text.remove_prefix(begin);
  if (base == 16 && text.starts_with("0x")) text.remove_prefix(2);
  Number value{};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (read.ec != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  return value;
}

// What was seen stands for more: the larger an allocation, the likelier it is looked at.
void scale(HeapSite& site) {
  if (site.count == 0) return;
  const double mean = static_cast<double>(site.bytes) / static_cast<double>(site.count);
  const double factor = 1 / (1 - std::exp(-mean / kSampleBytes));
  site.bytes = static_cast<std::uint64_t>(static_cast<double>(site.bytes) * factor);
  site.count = static_cast<std::uint64_t>(static_cast<double>(site.count) * factor);
}

bool is_allocator(std::uintptr_t address) {
  Dl_info about{};
  if (::dladdr(reinterpret_cast<void*>(address), &about) == 0 || about.dli_fname == nullptr)
    return false;
  return std::string_view{about.dli_fname}.find("libjemalloc") != std::string_view::npos;
}

}  // namespace

double HeapNumbers::fragmentation() const {
  if (resident == 0) return 0;
  return 1 - static_cast<double>(std::min(allocated, resident)) / static_cast<double>(resident);
}

Result<HeapNumbers> heap_numbers() {
  if (mallctl() == nullptr) return no_allocator();
  std::uint64_t epoch = 1;  // what it says is of now
  (void)mallctl()("epoch", nullptr, nullptr, &epoch, sizeof epoch);
  const auto allocated = ask<std::size_t>("stats.allocated");
  const auto active = ask<std::size_t>("stats.active");
  const auto resident = ask<std::size_t>("stats.resident");
  if (!allocated || !active || !resident)
    return Error{ErrorKind::unavailable, "the allocator keeps no statistics"};
  return HeapNumbers{.allocated = *allocated, .active = *active, .resident = *resident};
}

Result<void> trim_heap() {
  if (mallctl() == nullptr) return no_allocator();
  constexpr const char* kAllArenas = "arena.4096.purge";  // MALLCTL_ARENAS_ALL
  if (const int code = mallctl()(kAllArenas, nullptr, nullptr, nullptr, 0); code != 0)
    return os_error("the allocator cannot give memory back", code);
  return {};
}

Result<std::vector<HeapSite>> read_heap_dump(std::string_view text) {
  if (!text.starts_with("heap_v2/"))
    return Error{ErrorKind::data,
                 "this is no heap profile; expected one that begins with heap_v2/"};
  std::vector<HeapSite> out;
  bool wants_counts = false;
  while (!text.empty() && !text.starts_with("MAPPED_LIBRARIES")) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.starts_with("@ ")) {
      line.remove_prefix(2);
      out.emplace_back();
      while (const auto frame = take_number<std::uintptr_t>(line, 16))
        out.back().frames.push_back(*frame);
      wants_counts = true;
    } else if (wants_counts && line.find("t*:") != std::string_view::npos) {
      line.remove_prefix(line.find("t*:") + 3);
      out.back().count = take_number<std::uint64_t>(line).value_or(0);
      out.back().bytes = take_number<std::uint64_t>(line).value_or(0);
      scale(out.back());
      wants_counts = false;
    }
  }
  std::ranges::sort(out, std::ranges::greater{}, &HeapSite::bytes);
  return out;
}

Result<std::vector<HeapSite>> heap_sites(const std::filesystem::path& scratch) {
  if (mallctl() == nullptr) return no_allocator();
  if (!ask<bool>("opt.prof").value_or(false))
    return Error{ErrorKind::unavailable, "the allocator was told not to look at allocations"};
  const std::string file = scratch.string();
  const char* name = file.c_str();
  if (const int code = mallctl()("prof.dump", nullptr, nullptr, &name, sizeof name); code != 0)
    return os_error("the allocator cannot write " + file, code);
  auto text = read_file(scratch);
  std::error_code ignored;  // it is written anew the next time
  std::filesystem::remove(scratch, ignored);
  if (!text) return text.error();
  auto sites = read_heap_dump(*text ? std::string_view{**text} : std::string_view{});
  if (!sites) return sites;
  for (auto& site : *sites) {
    const auto first = std::ranges::find_if_not(site.frames, is_allocator);
    site.frames.erase(site.frames.begin(), first);
  }
  return sites;
}

const std::uint64_t* allocated_by_thread() {
  return ask<const std::uint64_t*>("thread.allocatedp").value_or(nullptr);
}

}  // namespace mp::obs
