#include "codec/json_encode.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>

#include "core/digits_text.hpp"
#include "core/utf8.hpp"

namespace mp::codec {
namespace {

// Stands for itself in a string, and is a character alone.
constexpr bool is_plain(char c) {
  return c >= ' ' && c != '"' && c != '\\';
}

void append_escaped(char c, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"':
      out.append("\\\"");
      return;
    case '\\':
      out.append("\\\\");
      return;
    case '\n':
      out.append("\\n");
      return;
    case '\r':
      out.append("\\r");
      return;
    case '\t':
      out.append("\\t");
      return;
    default: {
      const auto byte = static_cast<unsigned char>(c);
      out.append("\\u00");
      out.push_back(kHex[byte >> 4U]);
      out.push_back(kHex[byte & 15U]);
    }
  }
}

// With quotes: at most so many characters.
constexpr std::size_t kDecimalStringMax = kDecimalTextMax + 2;

// Copies `text` to `out`. False: not all of it is plain.
bool copy_plain(std::string_view text, char* out) {
  constexpr std::uint64_t kEach = 0x0101'0101'0101'0101U;
  constexpr std::uint64_t kHighest = 0x80 * kEach;
  // Of eight bytes, the highest bit of those that are no plain ones, and perhaps of others then.
  const auto odd_of = [](std::uint64_t eight) {
    const std::uint64_t quote = (eight ^ '"' * kEach) - kEach;
    const std::uint64_t backslash = (eight ^ '\\' * kEach) - kEach;
    const std::uint64_t control = eight - ' ' * kEach;
    return (quote | backslash | control | eight) & kHighest;
  };
  std::uint64_t odd = 0;
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data() + at, 8);
    std::memcpy(out + at, &eight, 8);
    odd |= odd_of(eight);
  }
  bool plain = odd == 0;
  for (; at < text.size(); ++at) {
    plain &= is_plain(text[at]);
    out[at] = text[at];
  }
  return plain;
}

// Text on its way to a string: what is appended piece by piece goes there in larger ones.
class Chunk {
 public:
  explicit Chunk(std::string& out) : out_(out) {}
  ~Chunk() { flush(); }
  Chunk(const Chunk&) = delete;
  Chunk& operator=(const Chunk&) = delete;

  void flush() {
    out_.append(text_.data(), end_);
    end_ = text_.data();
  }
  // Room for so many characters, at most kRoomMax.
  char* room(std::size_t bytes) {
    if (bytes > static_cast<std::size_t>(text_.data() + text_.size() - end_)) [[unlikely]]
      flush();
    return end_;
  }
  void put(char c) {
    *room(1) = c;
    ++end_;
  }
  void put(std::string_view text) {
    if (text.size() > kRoomMax) {
      flush();
      out_.append(text);
    } else {
      end_ += text.copy(room(text.size()), text.size());
    }
  }
  // Of one of our own names: where the call stands in place, it is a few moves.
  [[gnu::always_inline]] void key(std::string_view name) {
    char* at = room(name.size() + 4);
    *at++ = ',';
    *at++ = '"';
    at += name.copy(at, name.size());
    *at++ = '"';
    *at++ = ':';
    end_ = at;
  }
  void integer(std::int64_t value) {
    char* at = room(1 + kUnsignedRoom);
    auto magnitude = static_cast<std::uint64_t>(value);
    if (value < 0) {
      *at++ = '-';
      magnitude = 0 - magnitude;
    }
    end_ = write_unsigned(magnitude, at);
  }
  void decimal(const Decimal& value) { end_ = write_quoted(value, room(kDecimalStringMax)); }
  void string(std::string_view text) {
    if (text.size() <= kDecimalStringMax - 2) {
      char* const at = room(kDecimalStringMax);
      *at = '"';
      if (copy_plain(text, at + 1)) {
        at[text.size() + 1] = '"';
        end_ = at + text.size() + 2;
        return;
      }
    }
    flush();
    append_json_string(text, out_);
  }
  void levels(Levels levels) {
    put('[');
    for (const Level& level : levels) {
      char* at = room(kRoomMax);
      if (&level != levels.data()) *at++ = ',';
      *at++ = '[';
      at = write_quoted(level.price().decimal, at);
      *at++ = ',';
      at = write_quoted(level.quantity().decimal, at);
      *at++ = ']';
      end_ = at;
    }
    put(']');
  }

 private:
  static constexpr std::size_t kRoomMax = 2 * kDecimalStringMax + 4;  // a level's

  static char* write_quoted(const Decimal& value, char* at) {
    *at++ = '"';
    at = write_decimal(value, at);
    *at++ = '"';
    return at;
  }

  std::string& out_;
  std::array<char, 2048> text_;  // not cleared: what counts is written
  char* end_ = text_.data();
};

// Writes one field of a body: `,"name":value`.
class FieldWriter {
 public:
  explicit FieldWriter(Chunk& out) : out_(out) {}

  template <class T>
  [[gnu::always_inline]] void operator()(std::string_view name, const T& value) {
    out_.key(name);
    write(value);
  }

 private:
  template <class T>
  void write(const std::optional<T>& value) {
    if (value) {
      write(*value);
    } else {
      out_.put(std::string_view{"null"});
    }
  }
  template <class Meaning>
  void write(const Exact<Meaning>& value) {
    out_.decimal(value.decimal);
  }
  void write(const Decimal& value) { out_.decimal(value); }
  void write(std::string_view value) { out_.string(value); }
  void write(std::int64_t value) { out_.integer(value); }
  void write(Timestamp value) { out_.integer(to_nanoseconds(value)); }
  void write(bool value) { out_.put(value ? std::string_view{"true"} : std::string_view{"false"}); }
  void write(Side value) { write(name_of(value)); }
  void write(Channel value) { write(name_of(value)); }
  void write(Condition value) { write(name_of(value)); }
  void write(InstrumentKind value) { write(name_of(value)); }
  void write(Levels value) { out_.levels(value); }

  Chunk& out_;
};

}  // namespace

void append_json_string(std::string_view text, std::string& out) {
  out.push_back('"');
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && is_plain(text[plain])) ++plain;
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    const std::size_t length = utf8_sequence(text);
    if (length > 1) {
      out.append(text.substr(0, length));
      text.remove_prefix(length);
      continue;
    }
    if (length == 1) {
      append_escaped(text.front(), out);
    } else {
      out.append("\xEF\xBF\xBD");
    }
    text.remove_prefix(1);
  }
  out.push_back('"');
}

void append_json_integer(std::int64_t value, std::string& out) {
  std::array<char, 20> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  out.append(text.data(), end);
}

void append_json_levels(Levels levels, std::string& out) {
  Chunk{out}.levels(levels);
}

void append_json_key(std::string_view key, std::string& out) {
  out.append(",\"").append(key).append("\":");
}

void append_json(const Event& event, std::string& out, Closing closing) {
  Chunk text{out};
  text.put(std::string_view{"{\"type\":\""});
  text.put(name_of(event.channel()));
  text.put('"');
  FieldWriter write{text};
  write("venue", event.venue);
  write("symbol", event.symbol);
  write("instrument", event.instrument.empty() ? std::optional<std::string_view>{}
                                               : std::optional{event.instrument});
  write("ts_event", event.ts_event);
  write("ts_recv", event.ts_recv);
  write("seq", static_cast<std::int64_t>(event.seq));
  for_each_field(event.body, write);
  if (closing == Closing::closed) text.put('}');
}

}  // namespace mp::codec
