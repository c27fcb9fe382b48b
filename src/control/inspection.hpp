// L5. Inspection: the part of the control API that looks into the program itself: profiles, memory.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "control/memory.hpp"
#include "control/profiler.hpp"
#include "net/local_server.hpp"

namespace mp::control {

// Belongs to the API's thread.
class Inspection {
 public:
  // `collector` and `log` outlive it.
  Inspection(const pipeline::Collector& collector, const std::filesystem::path& data_dir,
             const MemoryRules& rules, obs::Logger& log)
      : profiler_(collector), memory_(data_dir / "heap.dump", rules, log), log_(log) {}

  void on_time(net::SteadyTime now) { memory_.on_time(now); }

  // Paths below /api/v1/. Nothing: it is none of these.
  [[nodiscard]] std::optional<net::ServerResponse> read(std::string_view path,
                                                        const net::ServerRequest& request);
  [[nodiscard]] std::optional<net::ServerResponse> change(std::string_view path,
                                                          const net::ServerRequest& request);

  [[nodiscard]] const Memory& memory() const { return memory_; }

 private:
  [[nodiscard]] net::ServerResponse profile_file(std::string_view name) const;
  [[nodiscard]] net::ServerResponse begin_profile(const net::ServerRequest& request);

  Profiler profiler_;
  Memory memory_;
  obs::Logger& log_;
};

}  // namespace mp::control
