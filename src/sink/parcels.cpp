#include "sink/parcels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace mp::sink {

void take_apart(const Batch& batch, Join join, std::size_t bytes_max, std::vector<Parcel>& out) {
  out.clear();
  for (std::size_t i = 0; i < batch.items.size(); ++i) {
    const Item& item = batch.items[i];
    const auto is_of_subject = [&](const Parcel& parcel) {
      return batch.items[parcel.items.front()].subject == item.subject;
    };
    const std::size_t bytes = item.payload.size() + 1;
    // The newest of its subject: the older ones are full.
    const auto open =
        join == Join::no ? out.rend() : std::find_if(out.rbegin(), out.rend(), is_of_subject);
    if (open == out.rend() || open->bytes + bytes > bytes_max) {
      out.push_back({.items = {i}, .bytes = bytes});
    } else {
      open->items.push_back(i);
      open->bytes += bytes;
    }
  }
}

void append_payload(const Batch& batch, const Parcel& parcel, std::string& out) {
  for (const std::size_t i : parcel.items) {
    if (i != parcel.items.front()) out.push_back('\n');
    out.append(batch.items[i].payload);
  }
}

void append_id(const Batch& batch, const Parcel& parcel, std::string& out) {
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15U;
  Identity id;
  for (const std::size_t i : parcel.items) {
    const Identity& next = batch.items[i].identity;
    id = {id.high * kOdd + next.high, id.low * kOdd + next.low};
  }
  fmt::format_to(std::back_inserter(out), "{:016x}{:016x}", id.high, id.low);
  const Event& first = *batch.items[parcel.items.front()].event;
  if (identity_basis(first) == IdentityBasis::none)
    fmt::format_to(std::back_inserter(out), "-{}", to_nanoseconds(first.ts_recv));
}

std::size_t answered_of(const Batch& batch, const std::vector<Parcel>& parcels) {
  std::size_t taken = batch.items.size();
  for (const Parcel& parcel : parcels) {
    if (!parcel.answered) taken = std::min(taken, parcel.items.front());
  }
  return taken;
}

}  // namespace mp::sink
