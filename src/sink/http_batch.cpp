#include "sink/http_batch.hpp"

namespace mp::sink {

bool HttpBatch::is(const Batch& batch) const {
  return !batch.items.empty() && size_ == batch.items.size() &&
         first_ == batch.items.front().index && last_ == batch.items.back().index;
}

std::vector<HttpRequest>& HttpBatch::begin(const Batch& batch) {
  requests_.clear();
  next_ = 0;
  begun_ = false;
  size_ = batch.items.size();
  first_ = batch.items.front().index;
  last_ = batch.items.back().index;
  return requests_;
}

void HttpBatch::forget() {
  requests_.clear();
  next_ = 0;
  begun_ = false;
  size_ = 0;
}

Written HttpBatch::step(HttpClient& client, Outcome (*judge)(const HttpAnswer&)) {
  if (next_ < requests_.size()) {
    if (!begun_ || !client.under_way()) client.begin(requests_[next_]);
    begun_ = true;
    const auto answer = client.step();
    if (!answer) return {.outcome = Outcome::more};
    begun_ = false;
    const Outcome outcome = judge(*answer);
    if (outcome == Outcome::permanent || outcome == Outcome::reopen) forget();
    if (outcome != Outcome::done) return {outcome, answer->problem};
    ++next_;
    if (next_ < requests_.size()) return {.outcome = Outcome::more};
  }
  forget();
  return {};
}

}  // namespace mp::sink
