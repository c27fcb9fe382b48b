// L0. How a venue keeps its books in step, as data. One sequencer (book/sequencer.hpp) runs every
// rule.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mp {

// Where a book starts.
enum class BookStart : std::uint8_t {
  stream_snapshot,  // the venue sends a snapshot on the stream after each subscribe
  rest_snapshot,    // deltas are held until a snapshot that was asked for by REST has come
  every_message,    // each message is a whole book
  socket_snapshot,  // as rest_snapshot, but it is asked for, and comes, on the socket
};

// Deltas and snapshot come apart and have to be joined by their numbers.
[[nodiscard]] constexpr bool joins(BookStart start) {
  return start == BookStart::rest_snapshot || start == BookStart::socket_snapshot;
}

// How one update follows the one before. A stream that starts with its own snapshot may restart its
// numbers, so there every step must fit exactly; where a snapshot is joined numbers only grow, so
// an update that ends at or before `last` is merely stale.
enum class BookLink : std::uint8_t {
  first,     // first_sequence <= last + 1 (every_message: last_sequence does not fall)
  previous,  // previous_sequence == last
  none,      // the venue gives no numbers: order of arrival
};

// How a venue computes what it sends along with a book (book/checksum.hpp). Each of the best
// levels, digits as they were sent.
enum class BookChecksum : std::uint8_t {
  none,
  crc32_25,      // OKX, Bitget v1 and v2: 25 levels, "bid:size:ask:size:..."; signed; 0: none sent
  kraken_crc32,  // 10 asks, then 10 bids, no points, no zeros in front; unsigned; 0 is a checksum
  bitfinex_crc32,  // as crc32_25, but amounts of asks are negative and numbers as JavaScript has
                   // them
  crc32_sides_10,  // 10 asks, "|", 10 bids: "price:size,price:size|price:size"; unsigned
};

struct BookRule {
  BookStart start = BookStart::stream_snapshot;
  BookLink link = BookLink::none;
  BookChecksum checksum = BookChecksum::none;
  std::size_t depth_max = 0;  // levels a side that the venue keeps in step; 0 = all
  // Deltas held for one book while it waits for its snapshot. Their bytes have limits of their own
  // (book/held_deltas.hpp).
  std::size_t held_max = 65'536;
  // stream_snapshot: the first update after a snapshot may reach back to before it (Bitget). Where
  // it is joined it always may.
  bool snapshot_bridges = false;
  // Levels a side at which a snapshot that was asked for is cut off, so that the book is not known
  // beyond them; 0: it never is.
  std::size_t snapshot_levels = 0;
};

}  // namespace mp
