// Whatever the names and texts of an event: its line of the line protocol is one line, with one
// space between its three parts that is not escaped or quoted, and its row of CSV one row.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/assert.hpp"
#include "core/utf8.hpp"
#include "sink/clickhouse_tables.hpp"
#include "sink/line_protocol.hpp"
#include "sink/tardis_rows.hpp"

namespace {

struct Parts {
  std::size_t spaces = 0;
  std::size_t ends = 0;
};

// As a reader of the protocol sees it.
Parts parts_of(std::string_view line) {
  Parts out;
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '\\') {
      ++i;
      continue;
    }
    if (c == '"' && out.spaces > 0) quoted = !quoted;  // in a tag it is a character like others
    if (c == ' ' && !quoted) ++out.spaces;
    if (c == '\n') ++out.ends;
  }
  return out;
}

// Line ends that stand in no quotes.
std::size_t csv_rows(std::string_view text) {
  std::size_t out = 0;
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (c == '\n' && !quoted) ++out;
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mp;
  const std::string_view all{reinterpret_cast<const char*>(data), size};
  const std::string_view symbol = all.substr(0, all.size() / 2);
  Event event;
  event.venue = "okx";
  event.symbol = symbol;
  event.instrument = all.substr(all.size() / 3);
  event.body = Trade{.trade_id = all.substr(symbol.size()),
                     .price = {{1, 0}},
                     .quantity = {{1, 0}},
                     .side = Side::buy};
  std::string line;
  sink::append_line(event, size % 3, line);
  MP_ASSERT(is_utf8(line));
  const Parts parts = parts_of(line);
  MP_ASSERT(parts.ends == 1 && parts.spaces == 2);
  std::string row;
  sink::make_tardis_rows(sink::TardisType::trades)->append({.event = &event}, row);
  MP_ASSERT(csv_rows(row) == 1);
  const auto judged =
      sink::judge_clickhouse({.status = 500, .body = std::string{all}, .problem = {}});
  MP_ASSERT(judged != sink::Outcome::done);
  MP_ASSERT(is_utf8(sink::first_sentence(all)));
  return 0;
}
