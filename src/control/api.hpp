// L5. Api: the control API and the page of a running collector, over HTTP on this machine.
// Documented in docs/openapi.json.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "control/memory.hpp"
#include "control/observer.hpp"
#include "core/result.hpp"
#include "obs/log.hpp"

namespace mp::control {

// What the demo can do to its own venues.
struct Fault {
  std::string name;   // in the URL
  std::string title;  // on the button
  std::string text;   // what happens
  std::function<void()> inject;
};

// What is to be collected besides, or no longer: VENUE:NAME[,NAME...][@CHANNEL,...], as on the
// command line.
struct FeedWish {
  enum class What : std::uint8_t { add, remove };
  What what = What::add;
  std::vector<std::string> feeds;
};

// What a program lets the API do. All is called on the API's thread.
struct Powers {
  std::function<std::vector<ConfigEntry>()> config;
  // The lines that say what changed. Empty: there is no configuration file to read anew.
  std::function<Result<std::vector<std::string>>()> reload{};
  // Likewise. Empty: what is collected is fixed.
  std::function<Result<std::vector<std::string>>(const FeedWish&)> change{};
  std::vector<Fault> faults{};
};

struct ApiConfig {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;  // 0: a free one
  MemoryRules memory{};
};

class Api {
 public:
  // Listens from when it returns. `collector` and `log` outlive it. The token of those who may
  // change something is in `control.token` of the data directory.
  static Result<std::unique_ptr<Api>> start(const ApiConfig& config, pipeline::Collector& collector,
                                            const Identity& identity, Powers powers,
                                            obs::Logger& log);
  ~Api();
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  // http://127.0.0.1:8080
  [[nodiscard]] std::string url() const;

 private:
  class Impl;
  explicit Api(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mp::control
