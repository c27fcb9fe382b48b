// L5. From a TOML text or a few words on the command line to a checked Config.
//
//   const auto config = config::load("marketprism.toml", known);    // or an error, exit code 78
//   const auto feed = config::parse_feed("binance:BTC-USDT,ETH-USDT@trade,book", known);
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "config/problem.hpp"
#include "core/result.hpp"

namespace mp::config {

// What the program that reads the configuration can do. Views must outlive the call.
struct KnownVenue {
  std::string_view name;
  std::vector<Channel> channels;
  std::vector<std::string_view> intervals{};  // of candles
};
struct Known {
  std::vector<KnownVenue> venues;
};

// The configuration and everything that is wrong with it. A key with a problem keeps its default.
struct Parsed {
  Config config;
  std::vector<Problem> problems;
};
// `overrides`: KEY=VALUE, each set over what the text has (override.hpp). `name` stands for the
// file where it is said what a key comes from.
[[nodiscard]] Parsed parse(std::string_view text, const Known& known,
                           std::span<const std::string> overrides = {}, std::string_view name = {});

// All problems at once, as describe() puts them, in an error of kind `config`; a file that cannot
// be read is of kind `io`. `name` stands for the file in messages. What is wrong with an override
// alone is of kind `usage`.
[[nodiscard]] Result<Config> load_text(std::string_view text, std::string_view name,
                                       const Known& known,
                                       std::span<const std::string> overrides = {});
[[nodiscard]] Result<Config> load(const std::filesystem::path& file, const Known& known,
                                  std::span<const std::string> overrides = {});

// VENUE:NAME[,NAME...][@CHANNEL[,CHANNEL...]]. A name in the form of our instruments ("BTC-USDT",
// "BTC-USDT-PERP") is one; any other ("BTCUSDT", "BTC-USDT-SWAP") is the venue's symbol.
[[nodiscard]] Result<Feed> parse_feed(std::string_view words, const Known& known);

// Whether `text` has the form BASE-QUOTE, BASE-QUOTE-PERP, BASE-QUOTE-YYYYMMDD or
// BASE-QUOTE-YYYYMMDD-STRIKE-C|P, with letters of any script: every name that canonical_name gives
// for assets whose own names have no "-", blank, "," ":" or "@" in them.
[[nodiscard]] bool is_instrument_name(std::string_view text);

// The example file: every key with its meaning and default. Parsing it gives the defaults and one
// feed.
[[nodiscard]] std::string example();

}  // namespace mp::config
