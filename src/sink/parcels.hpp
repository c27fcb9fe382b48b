// L3. Parcels: the items of a batch, as the messages that they become.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sink/sink.hpp"

namespace mp::sink {

enum class Join : std::uint8_t { no, lines };

// The positions of one message's items, rising: one item, or all of a subject, a line each.
struct Parcel {
  std::vector<std::size_t> items;
  std::size_t bytes = 0;  // of their payloads, with the line ends
  bool answered = false;  // for who sends it
};

// No parcel has more bytes than that, unless it is one item.
void take_apart(const Batch& batch, Join join, std::size_t bytes_max, std::vector<Parcel>& out);

// Its payloads, with line ends between them.
void append_payload(const Batch& batch, const Parcel& parcel, std::string& out);
// 32 hexadecimal digits: the item's identity, or one of all of them in their order. Where nothing
// tells a value from the same one later, our time does, behind them.
void append_id(const Batch& batch, const Parcel& parcel, std::string& out);

// So many of the batch, from its first item on, are in parcels that were answered.
[[nodiscard]] std::size_t answered_of(const Batch& batch, const std::vector<Parcel>& parcels);

}  // namespace mp::sink
