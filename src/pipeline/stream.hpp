// L4. Streams: what is known of each symbol of a venue while its messages flow by.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "book/keeper.hpp"
#include "core/event.hpp"
#include "core/instrument.hpp"
#include "journal/journal.hpp"

namespace mp::pipeline {

struct Stream {
  std::string symbol;
  std::string instrument;                          // ours; empty while unknown
  std::array<std::uint64_t, kChannelCount> seq{};  // of the last event of each channel
  std::uint64_t levels = 0;                        // in all book events
  std::unique_ptr<book::Keeper> keeper;            // once a book message came
  bool snapshot_pending = false;                   // a REST snapshot was asked for and has not come
  bool gap_open = false;                      // a gap was reported that no snapshot has ended yet
  std::optional<journal::SubjectId> subject;  // in the journal; asked anew when the name changes
};

// All streams of one venue, by symbol. Streams never move or disappear.
class StreamTable {
 public:
  Stream& of(std::string_view symbol) {
    if (latest_ != nullptr && latest_->symbol == symbol) return *latest_;
    const auto found = by_symbol_.find(symbol);
    latest_ = found != by_symbol_.end() ? found->second : &add(symbol);
    return *latest_;
  }
  [[nodiscard]] bool contains(std::string_view symbol) const { return by_symbol_.contains(symbol); }
  [[nodiscard]] std::deque<Stream>& all() { return streams_; }
  [[nodiscard]] const std::deque<Stream>& all() const { return streams_; }

 private:
  Stream& add(std::string_view symbol) {
    Stream& stream = streams_.emplace_back();
    stream.symbol = symbol;
    by_symbol_.emplace(stream.symbol, &stream);
    return stream;
  }

  std::deque<Stream> streams_;
  std::unordered_map<std::string_view, Stream*> by_symbol_;
  Stream* latest_ = nullptr;
};

}  // namespace mp::pipeline
