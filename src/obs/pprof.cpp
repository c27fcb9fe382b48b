// A CpuProfile as the file that pprof reads. The field numbers are those of profile.proto.
#include <map>

#include "core/gzip.hpp"
#include "obs/cpu_profile.hpp"

namespace mp::obs {
namespace {

// A message of protocol buffers. Source: https://protobuf.dev/programming-guides/encoding/
class Message {
 public:
  void number(std::uint32_t field, std::uint64_t value) {
    varint(field << 3U);
    varint(value);
  }
  void text(std::uint32_t field, std::string_view value) {
    varint(field << 3U | kLengthFirst);
    varint(value.size());
    bytes_.append(value);
  }
  void message(std::uint32_t field, const Message& value) { text(field, value.bytes_); }
  void numbers(std::uint32_t field, const std::vector<std::uint64_t>& values) {
    Message packed;
    for (const auto value : values) packed.varint(value);
    message(field, packed);
  }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  static constexpr std::uint32_t kLengthFirst = 2;

  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) bytes_.push_back(static_cast<char>(value | 0x80U));
    bytes_.push_back(static_cast<char>(value));
  }

  std::string bytes_;
};

// Texts are named by their number; the first one is empty.
class Texts {
 public:
  std::uint64_t number_of(std::string_view text) {
    const auto known = numbers_.find(text);
    if (known != numbers_.end()) return known->second;
    const std::uint64_t number = numbers_.size() + 1;
    all_.emplace_back(text);
    return numbers_.emplace(text, number).first->second;
  }
  void append_to(std::uint32_t field, Message& out) const {
    out.text(field, "");
    for (const auto& text : all_) out.text(field, text);
  }

 private:
  std::vector<std::string> all_;
  std::map<std::string, std::uint64_t, std::less<>> numbers_;
};

Message kind_of(Texts& texts, std::string_view type, std::string_view unit) {
  Message out;
  out.number(1, texts.number_of(type));
  out.number(2, texts.number_of(unit));
  return out;
}

void append_mappings(const CpuProfile& profile, Texts& texts, Message& out) {
  for (std::size_t i = 0; i < profile.modules.size(); ++i) {
    const auto& module = profile.modules[i];
    if (module.code.empty()) continue;
    Message mapping;
    mapping.number(1, i + 1);
    mapping.number(2, module.code.front().begin);
    mapping.number(3, module.code.back().end);
    mapping.number(4, module.code.front().begin - module.base);
    mapping.number(5, texts.number_of(module.file));
    mapping.number(7, 1);  // functions are named
    out.message(3, mapping);
  }
}

void append_places(const CpuProfile& profile, Texts& texts, Message& out) {
  std::map<std::string_view, std::uint64_t> functions;
  for (std::size_t i = 0; i < profile.places.size(); ++i) {
    const auto& place = profile.places[i];
    const auto [known, is_new] = functions.try_emplace(place.function, functions.size() + 1);
    if (is_new) {
      Message function;
      function.number(1, known->second);
      function.number(2, texts.number_of(place.function));
      function.number(3, texts.number_of(place.function));
      out.message(5, function);
    }
    Message line;
    line.number(1, known->second);
    Message location;
    location.number(1, i + 1);
    if (place.module < profile.modules.size()) location.number(2, place.module + 1);
    location.number(3, place.address);
    location.message(4, line);
    out.message(4, location);
  }
}

void append_samples(const CpuProfile& profile, Texts& texts, Message& out) {
  const auto period = static_cast<std::uint64_t>(profile.period.count());
  for (const auto& stack : profile.stacks) {
    Message sample;
    std::vector<std::uint64_t> places;
    for (const auto place : stack.places) places.push_back(place + 1);
    sample.numbers(1, places);
    sample.numbers(2, {stack.samples, stack.samples * period});
    Message label;
    label.number(1, texts.number_of("thread"));
    label.number(2, texts.number_of(stack.thread));
    sample.message(3, label);
    out.message(2, sample);
  }
}

}  // namespace

std::string pprof_file(const CpuProfile& profile) {
  Texts texts;
  Message out;
  out.message(1, kind_of(texts, "samples", "count"));
  out.message(1, kind_of(texts, "cpu", "nanoseconds"));
  append_samples(profile, texts, out);
  append_mappings(profile, texts, out);
  append_places(profile, texts, out);
  out.number(9, static_cast<std::uint64_t>(to_nanoseconds(profile.begun)));
  out.number(10, static_cast<std::uint64_t>(profile.took.count()));
  out.message(11, kind_of(texts, "cpu", "nanoseconds"));
  out.number(12, static_cast<std::uint64_t>(profile.period.count()));
  texts.append_to(6, out);
  return gzip(out.bytes());
}

}  // namespace mp::obs
