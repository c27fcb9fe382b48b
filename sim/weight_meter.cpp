#include "sim/weight_meter.hpp"

#include <cstdlib>

#include "sim/text.hpp"

namespace mp::sim {

std::uint32_t weight_of(std::string_view target) {
  if (path_of(target) == "/api/v3/historicalTrades") return 25;
  if (path_of(target) != "/api/v3/depth") return 20;
  const std::int64_t levels = std::atoll(query_value(target, "limit").value_or("100").c_str());
  return levels <= 100 ? 5 : levels <= 500 ? 25 : levels <= 1000 ? 50 : 250;
}

WeightMeter::Verdict WeightMeter::count(std::string_view target, Timestamp now) {
  const std::int64_t seconds = to_nanoseconds(now) / 1'000'000'000;
  if (seconds < banned_until_) return refused(418, banned_until_ - seconds);
  if (seconds / 60 != minute_) used_ = ignored_ = 0;
  minute_ = seconds / 60;
  used_ += weight_of(target);
  if (per_minute_ != 0 && used_ > per_minute_) {
    if (++ignored_ <= kIgnoredMax) return refused(429, 60 - seconds % 60);
    banned_until_ = seconds + kBanSeconds;
    return refused(418, kBanSeconds);
  }
  return {.status = 200, .headers = {{"X-MBX-USED-WEIGHT-1M", std::to_string(used_)}}};
}

WeightMeter::Verdict WeightMeter::refused(unsigned status, std::int64_t seconds) const {
  Verdict verdict{.status = status,
                  .headers = {{"X-MBX-USED-WEIGHT-1M", std::to_string(used_)},
                              {"Retry-After", std::to_string(seconds)}}};
  if (status == 418) {
    verdict.body = R"({"code":-1003,"msg":"Way too much request weight used; IP banned."})";
    return verdict;
  }
  append(verdict.body, R"({"code":-1003,"msg":"Too much request weight used; current limit is )",
         per_minute_, R"( request weight per 1 MINUTE."})");
  return verdict;
}

}  // namespace mp::sim
