// Trades that are missing, and are asked for by REST.
#include <fmt/format.h>

#include <algorithm>

#include "pipeline/feed_machine.hpp"
#include "venue/rest.hpp"

namespace mp::pipeline {
namespace {

// Trades of another connection may still come by themselves.
constexpr std::chrono::seconds kBackfillWait{2};
// Of one gap, the newest; and how many calls that may cost.
constexpr std::int64_t kBackfillTrades = 100'000;
constexpr std::uint32_t kBackfillPages = 200;
}  // namespace

// Asked for by REST where the venue has them; what is not had stays marked as missing.
void FeedMachine::backfill(Stream& stream, TradeWatch::Range ids) {
  ask_for_trades(stream, ids, 0, now_ + kBackfillWait);
}

void FeedMachine::ask_for_trades(Stream& stream, TradeWatch::Range ids, std::uint32_t page,
                                 net::SteadyTime due) {
  if (stopping_) return;
  const auto from = std::max(ids.from, ids.to - kBackfillTrades + 1);
  if (from > ids.from) stream.trades->give_up({ids.from, from - 1});
  ids.from = from;
  auto call = venue::trades_call(adapter_, stream.symbol, ids.from, ids.to);
  if (!call) return stream.trades->give_up(ids);
  work_.backfill(stream, ids, std::move(*call), page, due);
  hands_.wake();
}

// What an earlier run did not live to fill in.
void FeedMachine::go_on_filling(std::string_view symbol) {
  Stream* const stream = engine_.streams().find(symbol);
  if (stream == nullptr || !stream->trades) return;
  const auto missing = stream->trades->missing().all();
  for (const auto& ids : missing) backfill(*stream, ids);
}

// A page has come: the next one, unless it brought nothing.
void FeedMachine::go_on_filling(const Job& job, const Now& now) {
  const auto left = Engine::missing_trades(*job.stream, job.ids);
  if (!left) return;
  if (*left != job.ids && job.round + 1 < kBackfillPages)
    return ask_for_trades(*job.stream, *left, job.round + 1, now.steady);
  log_.warn("backfill_ended",
            {{"venue", config_.venue},
             {"symbol", job.stream->symbol},
             {"problem", fmt::format("the venue does not have the trades {} to {} any more",
                                     left->from, left->to)}});
  job.stream->trades->give_up(job.ids);
}

}  // namespace mp::pipeline
