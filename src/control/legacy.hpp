// L5. Legacy: what asks the system that this program replaces goes on asking: /health, /status,
// /ping, /version and /metrics, with its keys and names, on ports of their own. Documented in
// docs/legacy.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "control/observer.hpp"
#include "core/result.hpp"

namespace mp::control {

struct LegacyPlace {
  std::string host = "127.0.0.1";  // of this machine alone: nobody asks for a token
  std::uint16_t port = 0;          // 0: a free one
};

class Legacy {
 public:
  // Listens from when it returns. `collector` outlives it.
  static Result<std::unique_ptr<Legacy>> start(const LegacyPlace& place,
                                               const pipeline::Collector& collector,
                                               const Identity& identity);
  ~Legacy();
  Legacy(const Legacy&) = delete;
  Legacy& operator=(const Legacy&) = delete;

  [[nodiscard]] std::uint16_t port() const;

 private:
  class Impl;
  explicit Legacy(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mp::control
