// L4. BudgetFile: what was spent of the venues' limits, connects too, shared by all processes that
// work with one data directory, and remembered over a restart. It is mapped and written without a
// lock or a system call, so that nobody waits for anybody, and whoever is killed leaves it as it
// is.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "core/result.hpp"
#include "net/connect_pacer.hpp"
#include "pipeline/spent_window.hpp"

namespace mp::pipeline {

inline constexpr const char* kBudgetFile = "budgets";  // in a data directory

// Of one venue at one address of ours. All zero: nothing was spent.
struct BudgetMemory {
  std::atomic<std::int64_t> paused_until{0};  // the steady clock: no call at all before
  SpentWindow::Memory calls{};
  SpentWindow::Memory weight{};
};

class BudgetFile {
 public:
  static constexpr std::size_t kVenuesMax = 128;

  // Where there is none: make it, in a folder that is there; or an error.
  enum class IfMissing : std::uint8_t { make, refuse };
  // A file of before the machine's last start counts as empty, since the steady clock began anew.
  // ErrorKind::data: it is something else.
  static Result<std::unique_ptr<BudgetFile>> open(const std::filesystem::path& path,
                                                  IfMissing if_missing = IfMissing::make);
  ~BudgetFile();
  BudgetFile(const BudgetFile&) = delete;
  BudgetFile& operator=(const BudgetFile&) = delete;

  // By what tells whose budget it is. Null: kVenuesMax others are there. Lives as long as this.
  [[nodiscard]] BudgetMemory* memory_of(std::string_view key);
  [[nodiscard]] net::ConnectPacer::Memory* connects_of(std::string_view key);
  // Of all venues together.
  [[nodiscard]] net::ConnectPacer::Memory& all_connects();

 private:
  struct Layout;
  static constexpr std::size_t kNone = kVenuesMax;
  [[nodiscard]] std::size_t place_of(std::string_view key);
  explicit BudgetFile(Layout* layout) : layout_(layout) {}

  Layout* layout_;  // mapped
};

}  // namespace mp::pipeline
