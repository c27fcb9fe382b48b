// L1. Modules: the program and the libraries that this process runs, with the names of their
// functions, as far as their files tell. Sources: dl_iterate_phdr(3), elf(5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mp::obs {

// Addresses of code.
struct CodeRange {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  [[nodiscard]] bool has(std::uintptr_t address) const { return address >= begin && address < end; }
};

// An address, as its module's file has it.
struct CodePlace {
  const std::string* module = nullptr;  // its file; null: it is in none
  std::uintptr_t offset = 0;            // what the file's symbols and lines count in
  std::string function;                 // as a person would write it; "[libcrypto.so.3]" if unknown
};

// As of when it was made; a library that is loaded later is not in it. Reading files takes a tenth
// of a second: not for a thread that has to be quick.
class Modules {
 public:
  struct Module {
    std::string file;
    std::uintptr_t base = 0;  // address = base + offset
    std::vector<CodeRange> code;
  };

  Modules();
  ~Modules();
  Modules(const Modules&) = delete;
  Modules& operator=(const Modules&) = delete;

  [[nodiscard]] const std::vector<Module>& all() const { return modules_; }
  // The program itself, which is built with frame pointers.
  [[nodiscard]] bool is_ours(std::uintptr_t address) const;
  // Null: it is in none.
  [[nodiscard]] const Module* module_of(std::uintptr_t address) const;
  [[nodiscard]] CodePlace place_of(std::uintptr_t address) const;

 private:
  class Symbols;  // of a file

  std::vector<Module> modules_;  // the program first
  std::vector<std::unique_ptr<Symbols>> symbols_;
};

// A C++ name for people: without its arguments where they are many, and no longer than 160 bytes.
[[nodiscard]] std::string readable_name(const char* symbol);

}  // namespace mp::obs
