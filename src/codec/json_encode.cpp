#include "codec/json_encode.hpp"

#include <array>
#include <charconv>

#include "core/utf8.hpp"

namespace mp::codec {
namespace {

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

void append_decimal_string(const Decimal& value, std::string& out) {
  std::array<char, kDecimalTextMax + 2> text{};
  text[0] = '"';
  char* end = write_decimal(value, text.data() + 1);
  *end++ = '"';
  out.append(text.data(), end);
}

// Writes one field of a body: `,"name":value`.
class FieldWriter {
 public:
  explicit FieldWriter(std::string& out) : out_(out) {}

  template <class T>
  void operator()(std::string_view name, const T& value) {
    append_json_key(name, out_);
    write(value);
  }

 private:
  template <class T>
  void write(const std::optional<T>& value) {
    if (value) {
      write(*value);
    } else {
      out_.append("null");
    }
  }
  template <class Meaning>
  void write(const Exact<Meaning>& value) {
    append_decimal_string(value.decimal, out_);
  }
  void write(const Decimal& value) { append_decimal_string(value, out_); }
  void write(std::string_view value) { append_json_string(value, out_); }
  void write(std::int64_t value) { append_json_integer(value, out_); }
  void write(Timestamp value) { append_json_integer(to_nanoseconds(value), out_); }
  void write(bool value) { out_.append(value ? "true" : "false"); }
  void write(Side value) { append_json_string(name_of(value), out_); }
  void write(Channel value) { append_json_string(name_of(value), out_); }
  void write(Condition value) { append_json_string(name_of(value), out_); }
  void write(InstrumentKind value) { append_json_string(name_of(value), out_); }
  void write(Levels value) { append_json_levels(value, out_); }

  std::string& out_;
};

}  // namespace

void append_json_string(std::string_view text, std::string& out) {
  out.push_back('"');
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && text[plain] >= ' ' && text[plain] != '"' && text[plain] != '\\')
      ++plain;
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
  out.push_back('[');
  for (std::size_t i = 0; i < levels.size(); ++i) {
    out.append(i == 0 ? "[" : ",[");
    append_decimal_string(levels[i].price().decimal, out);
    out.push_back(',');
    append_decimal_string(levels[i].quantity().decimal, out);
    out.push_back(']');
  }
  out.push_back(']');
}

void append_json_key(std::string_view key, std::string& out) {
  out.append(",\"").append(key).append("\":");
}

void append_json(const Event& event, std::string& out, Closing closing) {
  out.append("{\"type\":\"").append(name_of(event.channel())).append("\"");
  append_json_key("venue", out);
  append_json_string(event.venue, out);
  append_json_key("symbol", out);
  append_json_string(event.symbol, out);
  append_json_key("instrument", out);
  if (event.instrument.empty()) {
    out.append("null");
  } else {
    append_json_string(event.instrument, out);
  }
  FieldWriter write{out};
  write("ts_event", event.ts_event);
  write("ts_recv", event.ts_recv);
  write("seq", static_cast<std::int64_t>(event.seq));
  for_each_field(event.body, write);
  if (closing == Closing::closed) out.push_back('}');
}

}  // namespace mp::codec
