// Segments, control page and cursors as anonymous memory, found by name within this process.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <map>
#include <mutex>

#include "journal/format.hpp"
#include "journal/store.hpp"

namespace mp::journal {
namespace {

constexpr std::string_view kPrefix = "memory:";

Result<Fd> create_page(const char* name) {
  Fd fd(::memfd_create(name, MFD_CLOEXEC));
  if (!fd.open()) return os_error("cannot create a journal in memory", errno);
  if (const int code = reserve_blocks(fd, kPageBytes); code != 0)
    return os_error("cannot create a journal in memory", code);
  return fd;
}

// Every descriptor that is handed out is an open file of its own, so that its locks are too.
OpenedFile copy_of(const Fd& fd, Access access) {
  return reopen(static_cast<std::uint32_t>(::getpid()), fd.value(), access);
}

Result<Fd> checked(OpenedFile opened) {
  if (opened.code != 0) return os_error("cannot open a journal in memory", opened.code);
  return std::move(opened.fd);
}

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(std::string location) : location_(std::move(location)) {}

  Result<Fd> lock() override { return Fd{}; }  // its location is new: nobody else can write it

  Created create_segment(std::uint64_t number, std::uint64_t bytes) override {
    Fd fd(::memfd_create("journal-segment", MFD_CLOEXEC));
    if (!fd.open()) return {Fd{}, errno};
    if (const int code = reserve_blocks(fd, bytes); code != 0) return {Fd{}, code};
    auto copy = copy_of(fd, Access::write);
    if (copy.code != 0) return {Fd{}, copy.code};
    const std::lock_guard guard(mutex_);
    segments_[number] = std::move(fd);
    return {std::move(copy.fd), 0};
  }
  int add_segment(std::uint64_t, std::span<const std::byte>) override { return ENOTSUP; }

  Result<Fd> open_segment(std::uint64_t number, Access access) override {
    const std::lock_guard guard(mutex_);
    const auto found = segments_.find(number);
    if (found == segments_.end()) return Fd{};
    return checked(copy_of(found->second, access));
  }
  int remove_segment(std::uint64_t number) override {
    const std::lock_guard guard(mutex_);
    segments_.erase(number);
    return 0;
  }
  Result<std::vector<std::uint64_t>> segments() const override {
    const std::lock_guard guard(mutex_);
    std::vector<std::uint64_t> numbers;
    numbers.reserve(segments_.size());
    for (const auto& [number, fd] : segments_) numbers.push_back(number);
    return numbers;
  }
  std::string segment_name(std::uint64_t number) const override {
    return location_ + "/" + std::to_string(number);
  }

  Result<Fd> create_control() override {
    auto page = create_page("journal-control");
    if (!page) return page;
    const std::lock_guard guard(mutex_);
    control_ = page.take();
    return checked(copy_of(control_, Access::write));
  }
  Result<Fd> open_control(Access access) override {
    const std::lock_guard guard(mutex_);
    if (!control_.open()) return Fd{};
    return checked(copy_of(control_, access));
  }

  Result<Fd> open_cursor(std::string_view name) override {
    const std::lock_guard guard(mutex_);
    auto found = cursors_.find(name);
    if (found == cursors_.end()) {
      auto page = create_page("journal-cursor");
      if (!page) return page;
      found = cursors_.emplace(std::string(name), page.take()).first;
    }
    return checked(copy_of(found->second, Access::write));
  }
  Result<Fd> find_cursor(std::string_view name) override {
    const std::lock_guard guard(mutex_);
    const auto found = cursors_.find(name);
    return found == cursors_.end() ? Fd{} : checked(copy_of(found->second, Access::read));
  }
  Result<std::vector<Fd>> cursors() const override {
    const std::lock_guard guard(mutex_);
    std::vector<Fd> fds;
    for (const auto& [name, fd] : cursors_) {
      auto copy = checked(copy_of(fd, Access::read));
      if (!copy) return copy.error();
      fds.push_back(copy.take());
    }
    return fds;
  }

  int sync() override { return 0; }
  std::filesystem::path location() const override { return location_; }

 private:
  // Writer, keeper and readers are threads of this process and meet here, when they change segment.
  mutable std::mutex mutex_;
  std::map<std::uint64_t, Fd> segments_;
  std::map<std::string, Fd, std::less<>> cursors_;
  Fd control_;
  std::string location_;
};

// A location is only a name, as a directory's is, so somebody has to know what it names. The kernel
// does it for directories; for memory of this process it has to be this table.
struct Names {
  std::mutex mutex;  // journals are opened on any thread
  std::map<std::string, std::weak_ptr<Store>> stores;
  std::uint64_t last = 0;
};
Names& names() {
  static Names instance;
  return instance;
}

}  // namespace

std::shared_ptr<Store> create_memory_store() {
  Names& known = names();
  const std::lock_guard guard(known.mutex);
  std::erase_if(known.stores, [](const auto& entry) { return entry.second.expired(); });
  const std::string location = std::string(kPrefix) + std::to_string(++known.last);
  auto store = std::make_shared<MemoryStore>(location);
  known.stores[location] = store;
  return store;
}

std::shared_ptr<Store> find_memory_store(const std::filesystem::path& location) {
  Names& known = names();
  const std::lock_guard guard(known.mutex);
  const auto found = known.stores.find(location.string());
  return found == known.stores.end() ? nullptr : found->second.lock();
}

bool names_memory_store(const std::filesystem::path& location) {
  return location.string().starts_with(kPrefix);
}

}  // namespace mp::journal
