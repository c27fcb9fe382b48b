// L3. Parcels: the items of a batch, as the messages that they become.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sink/sink.hpp"

namespace mp::sink {

enum class Join : std::uint8_t { no, lines };

// The positions of one message's items, rising: one item, or all of a subject, a line each.
struct Parcel {
  std::size_t first = 0;
  std::vector<std::size_t> others{};  // mostly none, and then no memory of its own
  std::size_t bytes = 0;              // of their payloads, with the line ends
  bool answered = false;
};

// Its payloads, with line ends between them: the item's own where it is one, else made in `joined`.
std::string_view payload_of(const Batch& batch, const Parcel& parcel, std::string& joined);
// 32 hexadecimal digits: the item's identity, or one of all of them in their order. Where nothing
// tells a value from the same one later, our time does, behind them.
void append_id(const Batch& batch, const Parcel& parcel, std::string& out);

// The parcels of one batch: which of them the server has answered, and what that makes of
// the batch.
class Shipment {
 public:
  // No parcel has more bytes than that, unless it is one item.
  void begin(const Batch& batch, Join join = Join::no, std::size_t bytes_max = 0);
  [[nodiscard]] const std::vector<Parcel>& parcels() const { return parcels_; }
  [[nodiscard]] std::size_t answered() const { return answered_; }
  [[nodiscard]] bool complete() const { return answered_ == parcels_.size(); }

  // By their number among parcels(). What is none of them, or was answered, is passed over.
  void accept(std::size_t number);
  void refuse(std::size_t number, const std::string& problem);
  // False, for who returns it.
  bool give_up(const std::string& problem);
  [[nodiscard]] bool given_up() const { return written_.outcome == Outcome::reopen; }

  // Of the batch, what stands before the first item without an answer is dealt with.
  [[nodiscard]] Written end();

 private:
  bool answer(std::size_t number);

  std::vector<Parcel> parcels_;
  std::size_t items_ = 0;
  std::size_t answered_ = 0;
  Written written_;
};

}  // namespace mp::sink
