// L3. A batch on its way over HTTP: one request or several, one after the other. What is through
// stays through when the same batch is offered again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sink/http_client.hpp"
#include "sink/sink.hpp"

namespace mp::sink {

class HttpBatch {
 public:
  // Whether the batch is the one that is under way.
  [[nodiscard]] bool is(const Batch& batch) const;
  // Forgets the one before, and answers where the requests of this one belong.
  std::vector<HttpRequest>& begin(const Batch& batch);
  void forget();
  // Works on it for a moment. `judge` says what an answer means.
  Written step(HttpClient& client, Outcome (*judge)(const HttpAnswer&) = outcome_of);

 private:
  std::vector<HttpRequest> requests_;
  std::size_t next_ = 0;
  bool begun_ = false;  // the next one
  std::size_t size_ = 0;
  std::uint64_t first_ = 0;
  std::uint64_t last_ = 0;
};

}  // namespace mp::sink
