#include "obs/modules.hpp"

#include <cxxabi.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <span>

namespace mp::obs {
namespace {

constexpr const char* kProgram = "/proc/self/exe";
constexpr std::size_t kNameBytesMax = 160;

// A file's bytes, as long as this lives. Empty: it cannot be read.
class MappedFile {
 public:
  explicit MappedFile(const char* path) {
    const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    struct stat about{};
    if (::fstat(fd, &about) == 0 && about.st_size > 0) {
      size_ = static_cast<std::size_t>(about.st_size);
      void* const mapped = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd, 0);
      if (mapped != MAP_FAILED) data_ = static_cast<const std::byte*>(mapped);
    }
    ::close(fd);
  }
  ~MappedFile() {
    if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  // `count` of these at `offset`; empty where the file does not have them.
  template <class Record>
  [[nodiscard]] std::span<const Record> records(std::uint64_t offset, std::uint64_t count) const {
    const std::uint64_t size = data_ == nullptr ? 0 : size_;
    if (offset > size || count > (size - offset) / sizeof(Record)) return {};
    if (offset % alignof(Record) != 0) return {};
    return {reinterpret_cast<const Record*>(data_ + offset), static_cast<std::size_t>(count)};
  }

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

using Header = ElfW(Ehdr);
using Section = ElfW(Shdr);
using Symbol = ElfW(Sym);

int add_module(dl_phdr_info* info, std::size_t /*size*/, void* out) {
  auto& modules = *static_cast<std::vector<Modules::Module>*>(out);
  Modules::Module module;
  module.file = modules.empty() ? kProgram : info->dlpi_name;
  module.base = info->dlpi_addr;
  for (const auto& part : std::span{info->dlpi_phdr, info->dlpi_phnum}) {
    if (part.p_type != PT_LOAD || (part.p_flags & PF_X) == 0) continue;
    const std::uintptr_t begin = info->dlpi_addr + part.p_vaddr;
    module.code.push_back({begin, begin + part.p_memsz});
  }
  modules.push_back(std::move(module));
  return 0;
}

std::string path_of_program() {
  char path[PATH_MAX];
  const auto size = ::readlink(kProgram, path, sizeof path);
  return size > 0 ? std::string{path, static_cast<std::size_t>(size)} : std::string{kProgram};
}

std::string_view base_name(std::string_view file) {
  const auto slash = file.rfind('/');
  return slash == std::string_view::npos ? file : file.substr(slash + 1);
}

// Arguments say little of which function it is, and templates name theirs already.
std::string_view without_arguments(std::string_view name) {
  int depth = 0;
  for (std::size_t i = name.size(); i-- > 0;) {
    if (name[i] == ')') ++depth;
    if (name[i] == '(' && --depth == 0) {
      const auto head = name.substr(0, i);
      // "(anonymous namespace)" and "operator()" are names themselves.
      const bool whole = !head.empty() && !head.ends_with("::") && !head.ends_with("operator");
      return whole ? head : name;
    }
  }
  return name;
}

}  // namespace

std::string readable_name(const char* symbol) {
  int status = 0;
  char* const whole = abi::__cxa_demangle(symbol, nullptr, nullptr, &status);
  std::string name = status == 0 ? whole : symbol;
  std::free(whole);
  std::string_view shown = name;
  if (const auto clone = shown.find(" [clone"); clone != std::string_view::npos)
    shown = shown.substr(0, clone);
  if (shown.ends_with(" const")) shown.remove_suffix(6);
  shown = without_arguments(shown);
  std::string out{shown.substr(0, kNameBytesMax)};
  if (shown.size() > kNameBytesMax) out += "...";
  return out;
}

// The functions of a file, by address: all that it has, else those that it offers to others.
class Modules::Symbols {
 public:
  explicit Symbols(const std::string& file) : file_(file.c_str()) {
    const auto header = file_.records<Header>(0, 1);
    if (header.empty() || std::memcmp(header[0].e_ident, ELFMAG, SELFMAG) != 0) return;
    const auto sections = file_.records<Section>(header[0].e_shoff, header[0].e_shnum);
    read(sections, SHT_SYMTAB);
    if (functions_.empty()) read(sections, SHT_DYNSYM);
    std::ranges::sort(functions_, {}, &Function::begin);
  }

  [[nodiscard]] const char* name_at(std::uintptr_t offset) const {
    auto next = std::ranges::upper_bound(functions_, offset, {}, &Function::begin);
    if (next == functions_.begin()) return nullptr;
    --next;
    return offset < next->end ? next->name : nullptr;
  }

 private:
  struct Function {
    std::uintptr_t begin;
    std::uintptr_t end;
    const char* name;
  };

  void read(std::span<const Section> sections, std::uint32_t kind) {
    for (const auto& section : sections) {
      if (section.sh_type != kind || section.sh_link >= sections.size()) continue;
      const auto& texts = sections[section.sh_link];
      const auto names = file_.records<char>(texts.sh_offset, texts.sh_size);
      if (names.empty() || names.back() != '\0') continue;
      for (const auto& symbol :
           file_.records<Symbol>(section.sh_offset, section.sh_size / sizeof(Symbol))) {
        if ((symbol.st_info & 0xFU) != STT_FUNC || symbol.st_value == 0) continue;
        if (symbol.st_name >= names.size()) continue;
        const std::uintptr_t size = std::max<std::uintptr_t>(symbol.st_size, 1);
        functions_.push_back(
            {symbol.st_value, symbol.st_value + size, names.data() + symbol.st_name});
      }
    }
  }

  MappedFile file_;
  std::vector<Function> functions_;
};

Modules::Modules() {
  ::dl_iterate_phdr(add_module, &modules_);
  for (auto& module : modules_) {
    symbols_.push_back(std::make_unique<Symbols>(module.file));
    if (module.file == kProgram) module.file = path_of_program();
  }
}

Modules::~Modules() = default;

bool Modules::is_ours(std::uintptr_t address) const {
  return !modules_.empty() &&
         std::ranges::any_of(modules_.front().code,
                             [address](const CodeRange& range) { return range.has(address); });
}

const Modules::Module* Modules::module_of(std::uintptr_t address) const {
  for (const auto& module : modules_) {
    for (const auto& range : module.code) {
      if (range.has(address)) return &module;
    }
  }
  return nullptr;
}

CodePlace Modules::place_of(std::uintptr_t address) const {
  const Module* const module = module_of(address);
  if (module == nullptr) return {.module = nullptr, .offset = address, .function = "[unknown]"};
  CodePlace out{.module = &module->file, .offset = address - module->base, .function = {}};
  const auto number = static_cast<std::size_t>(module - modules_.data());
  if (const char* const name = symbols_[number]->name_at(out.offset)) {
    out.function = readable_name(name);
  } else {
    out.function = '[' + std::string{base_name(module->file)} + ']';
  }
  return out;
}

}  // namespace mp::obs
