// L2. Where the files of one journal live: a directory, or memory of this process.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "journal/os.hpp"

namespace mp::journal {

// Used by the writer, its keeper thread and readers, at the same time.
class Store {
 public:
  virtual ~Store() = default;

  // The writer's: held as long as the descriptor is open; ErrorKind::locked when somebody else has
  // it. Clears away what a killed writer left half-made.
  virtual Result<Fd> lock() = 0;

  // A new segment of zeros whose blocks are reserved: it is there as a whole or not at all. On
  // failure the descriptor is closed and `code` is an errno value; EEXIST: the number is taken.
  struct Created {
    Fd fd;
    int code = 0;
  };
  virtual Created create_segment(std::uint64_t number, std::uint64_t bytes) = 0;
  // Adds a segment that consists of `bytes`. Returns 0 or an errno value, EEXIST as above.
  virtual int add_segment(std::uint64_t number, std::span<const std::byte> bytes) = 0;
  // A closed descriptor: there is no such segment. An error: nobody can tell now.
  virtual Result<Fd> open_segment(std::uint64_t number, Access access) = 0;
  // Returns 0 or an errno value: then it may still be there.
  virtual int remove_segment(std::uint64_t number) = 0;
  // Ascending, and all of them.
  [[nodiscard]] virtual Result<std::vector<std::uint64_t>> segments() const = 0;
  // What the segment is called in messages.
  [[nodiscard]] virtual std::string segment_name(std::uint64_t number) const = 0;

  // The writer creates it; for a reader a closed descriptor means that there is none.
  virtual Result<Fd> create_control() = 0;
  virtual Result<Fd> open_control(Access access) = 0;

  virtual Result<Fd> open_cursor(std::string_view name) = 0;  // creates it
  // To look at; a closed descriptor: there is none.
  virtual Result<Fd> find_cursor(std::string_view name) = 0;
  [[nodiscard]] virtual Result<std::vector<Fd>> cursors() const = 0;  // all of them

  virtual int sync() = 0;  // names of files, against power loss; 0 or an errno value
  [[nodiscard]] virtual std::filesystem::path location() const = 0;
};

// A directory, created with its parents where `create` asks for it.
enum class OpenMode : std::uint8_t { read, create };
[[nodiscard]] Result<std::shared_ptr<Store>> open_directory_store(const std::filesystem::path& dir,
                                                                  OpenMode mode);

// shared_ptr: a journal in memory lives as long as its writer or any of its readers.
[[nodiscard]] std::shared_ptr<Store> create_memory_store();
// Null when no journal of this process has that location.
[[nodiscard]] std::shared_ptr<Store> find_memory_store(const std::filesystem::path& location);
[[nodiscard]] bool names_memory_store(const std::filesystem::path& location);

}  // namespace mp::journal
