#include "pipeline/budget_file.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <array>
#include <cerrno>

#include "core/files.hpp"
#include "core/hash.hpp"

namespace mp::pipeline {
namespace {

// A layout that differs has another one.
constexpr std::uint64_t kMagic = 0x3154'4744'5542'504d;  // "MPBUDGT1"
constexpr const char* kBootId = "/proc/sys/kernel/random/boot_id";

void forget(net::ConnectPacer::Memory& connects) {
  connects.due = 0;
  connects.failing_due = 0;
}

// Never 0.
std::uint64_t hash_of(std::string_view text) {
  const std::uint64_t hash = fnv1a(text);
  return hash == 0 ? 1 : hash;
}

}  // namespace

// A new file is zero, which is a valid one: magic and boot are filled in by whoever comes first.
struct BudgetFile::Layout {
  struct Venue {
    std::atomic<std::uint64_t> key{0};  // 0: free
    BudgetMemory memory{};
  };
  std::atomic<std::uint64_t> magic{0};
  std::atomic<std::uint64_t> boot{0};
  std::array<Venue, kVenuesMax> venues{};
  // Behind what earlier versions had: a file of theirs is a valid one, which grows.
  std::array<net::ConnectPacer::Memory, kVenuesMax> connects{};  // of the venues
  net::ConnectPacer::Memory all_connects{};
};

Result<std::unique_ptr<BudgetFile>> BudgetFile::open(const std::filesystem::path& path,
                                                     IfMissing if_missing) {
  const OpenedFile opened =
      open_file(path, if_missing == IfMissing::make ? O_RDWR | O_CREAT : O_RDWR);
  if (opened.code != 0) return os_error(fmt::format("cannot open {}", path.string()), opened.code);
  // Blocks first: a full disk is an error here, and a signal later.
  if (const int code = reserve_blocks(opened.fd, sizeof(Layout)); code != 0)
    return os_error(fmt::format("cannot make {}", path.string()), code);
  void* const mapped =
      ::mmap(nullptr, sizeof(Layout), PROT_READ | PROT_WRITE, MAP_SHARED, opened.fd.value(), 0);
  if (mapped == MAP_FAILED) return os_error(fmt::format("cannot map {}", path.string()), errno);
  auto* const layout = static_cast<Layout*>(mapped);
  std::unique_ptr<BudgetFile> made{new BudgetFile{layout}};
  std::uint64_t magic = 0;
  if (!layout->magic.compare_exchange_strong(magic, kMagic) && magic != kMagic) {
    return Error{ErrorKind::data,
                 fmt::format("{} is not a file of spent budgets; remove it, or name another data "
                             "directory",
                             path.string())};
  }
  const auto boot_id = read_file(kBootId);
  const auto boot = hash_of(boot_id && *boot_id ? **boot_id : std::string{});
  auto before = layout->boot.load();
  if (before != boot && layout->boot.compare_exchange_strong(before, boot)) {
    for (auto& venue : layout->venues) {
      venue.memory.paused_until = 0;
      for (auto& part : venue.memory.calls) part = 0;
      for (auto& part : venue.memory.weight) part = 0;
      venue.key = 0;
    }
    for (auto& each : layout->connects) forget(each);
    forget(layout->all_connects);
  }
  return made;
}

BudgetFile::~BudgetFile() {
  ::munmap(layout_, sizeof(Layout));
}

std::size_t BudgetFile::place_of(std::string_view key) {
  const auto hash = hash_of(key);
  for (std::size_t place = 0; place < kVenuesMax; ++place) {
    std::uint64_t there = 0;
    auto& of = layout_->venues[place].key;
    if (of.compare_exchange_strong(there, hash) || there == hash) return place;
  }
  return kNone;
}

BudgetMemory* BudgetFile::memory_of(std::string_view key) {
  const auto place = place_of(key);
  return place == kNone ? nullptr : &layout_->venues[place].memory;
}

net::ConnectPacer::Memory* BudgetFile::connects_of(std::string_view key) {
  const auto place = place_of(key);
  return place == kNone ? nullptr : &layout_->connects[place];
}

net::ConnectPacer::Memory& BudgetFile::all_connects() {
  return layout_->all_connects;
}

}  // namespace mp::pipeline
