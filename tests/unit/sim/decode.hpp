// Test helper: reads the simulator's frames as a client would, with a JSON library and nothing of
// the simulator's writers.
#pragma once

#include <gtest/gtest.h>
#include <simdjson.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/exchange.hpp"
#include "sim/ledger.hpp"

namespace mp::sim {

using Json = simdjson::dom::element;

class Document {
 public:
  explicit Document(std::string_view text) : text_(text) {
    const auto error = parser_.parse(text_).get(root_);
    EXPECT_EQ(error, simdjson::SUCCESS) << text;
  }
  [[nodiscard]] Json root() const { return root_; }

 private:
  std::string text_;
  simdjson::dom::parser parser_;
  Json root_;
};

inline std::string text_at(Json json, std::string_view key) {
  std::string_view text;
  if (json[key].get(text) != simdjson::SUCCESS) {
    ADD_FAILURE() << "no string \"" << key << "\" in " << simdjson::minify(json);
  }
  return std::string(text);
}
inline std::int64_t integer_at(Json json, std::string_view key) {
  std::int64_t value = 0;
  if (json[key].get(value) != simdjson::SUCCESS) {
    ADD_FAILURE() << "no integer \"" << key << "\" in " << simdjson::minify(json);
  }
  return value;
}
inline bool has(Json json, std::string_view key) {
  return json[key].error() == simdjson::SUCCESS;
}
inline Decimal decimal_of(std::string_view text) {
  const auto value = parse_decimal(text);
  EXPECT_TRUE(value.has_value()) << text;
  return value.value_or(Decimal{});
}
inline Decimal decimal_at(Json json, std::string_view key) {
  return decimal_of(text_at(json, key));
}
inline Timestamp millis(std::int64_t value) {
  return *from_milliseconds(value);
}

inline std::vector<Level> levels_in(Json rows) {
  std::vector<Level> levels;
  const simdjson::dom::array array = rows.get_array().value();
  for (const Json row : array) {
    levels.emplace_back(Price{decimal_of(row.at(0).get_string().value())},
                        Quantity{decimal_of(row.at(1).get_string().value())});
  }
  return levels;
}

// What a client understands of one frame of market data; empty for acknowledgements and the like.
std::vector<Entry> decode_binance(std::string_view text);
std::vector<Entry> decode_okx(std::string_view text);

// All that a client can see of an entry is equal, integer for integer.
void expect_same(const Entry& sent, const Entry& received);

// A book as a client keeps it: only what messages say.
struct ReferenceBook {
  std::map<Price, Quantity> bids;
  std::map<Price, Quantity> asks;

  void apply(const Entry& entry) {
    if (entry.is_snapshot) {
      bids.clear();
      asks.clear();
    }
    for (const Level& level : entry.bids) set(bids, level);
    for (const Level& level : entry.asks) set(asks, level);
  }
  static void set(std::map<Price, Quantity>& side, const Level& level) {
    if (level.quantity().is_zero()) {
      side.erase(level.price());
    } else {
      side[level.price()] = level.quantity();
    }
  }
};

}  // namespace mp::sim
