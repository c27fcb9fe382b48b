#include "journal/cursor.hpp"

#include <algorithm>
#include <cerrno>
#include <string>

namespace mp::journal {
namespace {

constexpr std::size_t kNameMax = 100;

bool is_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= kNameMax && name.front() != '.' &&
         std::ranges::all_of(name, allowed);
}

std::uint64_t checksum_of(std::uint64_t generation, std::uint64_t index) {
  std::uint64_t hash = (generation ^ kCursorMagic) * 0x9E37'79B9'7F4A'7C15U;
  hash = (hash ^ (hash >> 29U) ^ index) * 0xBF58'476D'1CE4'E5B9U;
  return hash ^ (hash >> 32U);
}

struct Place {
  std::uint64_t generation = 0;
  std::uint64_t index = 0;
};

// The newest whole slot; generation 0 where there is none.
Place newest(const CursorPage& page) {
  Place best;
  if (page.magic.load(std::memory_order_acquire) != kCursorMagic ||
      page.version.load() != kFormatVersion)
    return best;
  for (const CursorSlot& slot : page.slots) {
    const Place place{slot.generation.load(std::memory_order_acquire), slot.index.load()};
    if (place.generation > best.generation &&
        slot.checksum.load() == checksum_of(place.generation, place.index))
      best = place;
  }
  return best;
}

// No memory: the file is too short to be one.
Result<Mapping> look_at_cursor(const Fd& fd) {
  const FileSize size = file_size(fd);
  if (size.code != 0) return os_error("cannot look at a journal cursor", size.code);
  if (size.bytes < kPageBytes) return Mapping{};
  return Mapping::of(fd, kPageBytes, Access::read, "a journal cursor");
}

const CursorPage& page_of(const Mapping& mapping) {
  return *reinterpret_cast<const CursorPage*>(mapping.data());
}

}  // namespace

Result<Cursor> Cursor::open(Store& store, std::string_view name, Hold hold) {
  if (!is_name(name))
    return Error{ErrorKind::usage, "\"" + std::string(name) +
                                       "\" cannot name a journal reader: use up to 100 letters, "
                                       "digits, '.', '_' and '-', not beginning with '.'"};
  auto fd = store.open_cursor(name);
  if (!fd) return fd.error();
  const int locked = lock_file(*fd);
  if (locked != 0 && locked != EWOULDBLOCK)
    return os_error("cannot lock the cursor of reader " + std::string(name), locked);
  if (locked != 0)
    return Error{ErrorKind::locked, "another reader of the journal " + store.location().string() +
                                        " is already named " + std::string(name) +
                                        "; each reader needs a name of its own"};
  Cursor cursor;
  auto mapping = Mapping::of(*fd, kPageBytes, Access::write, "a journal cursor");
  if (!mapping) return mapping.error();
  cursor.fd_ = fd.take();
  cursor.mapping_ = mapping.take();
  cursor.page_ = reinterpret_cast<CursorPage*>(cursor.mapping_.data());
  cursor.page_->hold.store(hold == Hold::yes ? 1 : 0);
  cursor.page_->version.store(kFormatVersion);
  cursor.page_->magic.store(kCursorMagic, std::memory_order_release);
  return cursor;
}

std::optional<std::uint64_t> Cursor::index() const {
  const Place place = newest(*page_);
  if (place.generation == 0) return std::nullopt;
  return place.index;
}

void Cursor::commit(std::uint64_t index) {
  const std::uint64_t generation = newest(*page_).generation + 1;
  CursorSlot& slot = page_->slots[generation % page_->slots.size()];
  // Between these stores the slot does not match its checksum and the other one counts.
  slot.generation.store(generation, std::memory_order_release);
  slot.index.store(index, std::memory_order_release);
  slot.checksum.store(checksum_of(generation, index), std::memory_order_release);
}

Result<std::optional<std::uint64_t>> committed_index(Store& store, std::string_view name) {
  const auto fd = store.find_cursor(name);
  if (!fd) return fd.error();
  if (!fd->open()) return std::optional<std::uint64_t>{};
  const auto mapping = look_at_cursor(*fd);
  if (!mapping) return mapping.error();
  if (mapping->data() == nullptr) return std::optional<std::uint64_t>{};
  const Place place = newest(page_of(*mapping));
  if (place.generation == 0) return std::optional<std::uint64_t>{};
  return std::optional{place.index};
}

Result<std::optional<std::uint64_t>> lowest_held_index(const Store& store) {
  const auto fds = store.cursors();
  if (!fds) return fds.error();
  std::optional<std::uint64_t> lowest;
  for (const Fd& fd : *fds) {
    const auto mapping = look_at_cursor(fd);
    if (!mapping) return mapping.error();
    if (mapping->data() == nullptr) continue;
    const CursorPage& page = page_of(*mapping);
    if (page.hold.load() != 1) continue;
    const Place place = newest(page);
    // A reader that has just been opened and stands nowhere yet holds everything.
    const std::uint64_t index = place.generation == 0 ? 0 : place.index;
    lowest = std::min(lowest.value_or(index), index);
  }
  return lowest;
}

}  // namespace mp::journal
