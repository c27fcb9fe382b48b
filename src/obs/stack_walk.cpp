#include "obs/stack_walk.hpp"

#include <cstring>
#include <optional>

namespace mp::obs {
namespace {

constexpr std::size_t kWord = sizeof(std::uintptr_t);

class Walk {
 public:
  Walk(const CpuSample& sample, const Modules& modules)
      : stack_(sample.stack_copied()), sp_(sample.sp), modules_(modules) {}

  [[nodiscard]] std::optional<std::uintptr_t> word_at(std::uintptr_t address) const {
    if (address < sp_ || address % kWord != 0) return std::nullopt;
    const std::uintptr_t offset = address - sp_;
    if (offset + kWord > stack_.size()) return std::nullopt;
    std::uintptr_t word = 0;
    std::memcpy(&word, stack_.data() + offset, kWord);
    return word;
  }

  // A frame of the program begins here: what it returns to is the program's, or that of whoever
  // called it first.
  [[nodiscard]] bool is_frame(std::uintptr_t fp) const {
    const auto next = word_at(fp);
    const auto to = word_at(fp + kWord);
    return next && to && (*next > fp || *next == 0) && modules_.module_of(*to) != nullptr;
  }

  // Whether what stands before this address in the program is a call.
  [[nodiscard]] bool returns_to_us(std::uintptr_t address) const {
    if (!modules_.is_ours(address) || !modules_.is_ours(address - 8)) return false;
#if defined(__x86_64__)
    const auto byte = [address](std::uintptr_t back) {
      return *reinterpret_cast<const unsigned char*>(address - back);
    };
    const auto is_indirect = [&byte](std::uintptr_t back) {
      return byte(back) == 0xFF && (byte(back - 1) & 0x38U) == 0x10;
    };
    return byte(5) == 0xE8 || is_indirect(2) || is_indirect(3) || is_indirect(6) || is_indirect(7);
#else
    return true;
#endif
  }

  // From a library on: the first return address into the program below its next frame.
  [[nodiscard]] std::optional<std::uintptr_t> caller_below(std::uintptr_t fp) const {
    for (std::uintptr_t at = (sp_ + kWord - 1) / kWord * kWord; at < fp; at += kWord) {
      const auto word = word_at(at);
      if (!word) return std::nullopt;
      if (returns_to_us(*word)) return *word;
    }
    return std::nullopt;
  }

  // Where a library has used the frame pointer for something else: it has put ours on the stack.
  [[nodiscard]] std::optional<std::uintptr_t> frame_on_stack() const {
    for (std::uintptr_t at = (sp_ + kWord - 1) / kWord * kWord;; at += kWord) {
      const auto word = word_at(at);
      if (!word) return std::nullopt;
      if (*word <= at || !is_frame(*word)) continue;
      const auto to = word_at(*word + kWord);
      if (to && returns_to_us(*to)) return *word;
    }
  }

 private:
  std::span<const std::byte> stack_;
  std::uintptr_t sp_;
  const Modules& modules_;
};

}  // namespace

void walk_stack(const CpuSample& sample, const Modules& modules, std::vector<std::uintptr_t>& out) {
  out.clear();
  out.push_back(sample.pc);
  const Walk walk{sample, modules};
  std::uintptr_t fp = sample.fp;
  if (!modules.is_ours(sample.pc)) {
    if (!walk.is_frame(fp)) {
      const auto found = walk.frame_on_stack();
      if (!found) return;
      fp = *found;
    }
    if (const auto caller = walk.caller_below(fp)) out.push_back(*caller - 1);
  }
  while (out.size() < kStackDepthMax && walk.is_frame(fp)) {
    out.push_back(*walk.word_at(fp + kWord) - 1);
    const std::uintptr_t next = *walk.word_at(fp);
    if (next <= fp) return;
    fp = next;
  }
}

}  // namespace mp::obs
