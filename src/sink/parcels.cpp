#include "sink/parcels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/identity.hpp"

namespace mp::sink {

std::string_view payload_of(const Batch& batch, const Parcel& parcel, std::string& joined) {
  const std::string_view first = batch.items[parcel.first].payload;
  if (parcel.others.empty()) return first;
  joined.assign(first);
  for (const std::size_t i : parcel.others) joined.append(1, '\n').append(batch.items[i].payload);
  return joined;
}

void append_id(const Batch& batch, const Parcel& parcel, std::string& out) {
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15U;
  const Event& first = *batch.items[parcel.first].event;
  Identity id = identity_of(first);
  for (const std::size_t i : parcel.others) {
    const Identity next = identity_of(*batch.items[i].event);
    id = {id.high * kOdd + next.high, id.low * kOdd + next.low};
  }
  fmt::format_to(std::back_inserter(out), "{:016x}{:016x}", id.high, id.low);
  if (identity_basis(first) == IdentityBasis::none)
    fmt::format_to(std::back_inserter(out), "-{}", to_nanoseconds(first.ts_recv));
}

void Shipment::begin(const Batch& batch, Join join, std::size_t bytes_max) {
  parcels_.clear();
  items_ = batch.items.size();
  answered_ = 0;
  written_ = {};
  for (std::size_t i = 0; i < items_; ++i) {
    const Item& item = batch.items[i];
    const auto is_of_subject = [&](const Parcel& parcel) {
      return batch.items[parcel.first].subject == item.subject;
    };
    const std::size_t bytes = item.payload.size() + 1;
    // The newest of its subject: the older ones are full.
    const auto open = join == Join::no
                          ? parcels_.rend()
                          : std::find_if(parcels_.rbegin(), parcels_.rend(), is_of_subject);
    if (open == parcels_.rend() || open->bytes + bytes > bytes_max) {
      parcels_.push_back({.first = i, .bytes = bytes});
    } else {
      open->others.push_back(i);
      open->bytes += bytes;
    }
  }
}

bool Shipment::answer(std::size_t number) {
  if (number >= parcels_.size() || std::exchange(parcels_[number].answered, true)) return false;
  ++answered_;
  return true;
}

void Shipment::accept(std::size_t number) {
  (void)answer(number);
}

void Shipment::refuse(std::size_t number, const std::string& problem) {
  if (!answer(number)) return;
  written_.refused.push_back({parcels_[number].first, problem});
  if (parcels_[number].others.empty()) return;
  written_.outcome = Outcome::permanent;  // one line of it, perhaps
  written_.problem = problem;
}

bool Shipment::give_up(const std::string& problem) {
  written_.outcome = Outcome::reopen;
  written_.problem = problem;
  return false;
}

Written Shipment::end() {
  std::size_t taken = items_;
  for (const Parcel& parcel : parcels_) {
    if (!parcel.answered) taken = std::min(taken, parcel.first);
  }
  if (written_.outcome == Outcome::permanent) taken = 0;
  if (written_.outcome != Outcome::done) written_.taken = taken;
  std::erase_if(written_.refused, [&](const Refused& each) { return each.position >= taken; });
  std::ranges::sort(written_.refused, {}, &Refused::position);
  return std::move(written_);
}

}  // namespace mp::sink
