// L5. Health: checks of a running collector and its machine, each with what to do about it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "control/memory.hpp"
#include "control/observer.hpp"

namespace mp::control {

enum class Verdict : std::uint8_t { ok, warning, failing };
[[nodiscard]] std::string_view name_of(Verdict verdict);

struct Check {
  std::string name;
  Verdict status = Verdict::ok;
  std::string text;  // what was found
  std::string fix;   // what to do; empty where it is well

  static void fields(auto& self, auto&& visit) {
    visit("name", self.name);
    visit("status", self.status);
    visit("text", self.text);
    visit("fix", self.fix);
  }
};

// Of the machine: clock, descriptors, disk.
[[nodiscard]] std::vector<Check> machine_checks(const std::filesystem::path& data_dir);
// Of the collector: instruments, journal, sinks, frames that could not be read.
[[nodiscard]] std::vector<Check> collector_checks(const pipeline::Collector& collector,
                                                  Observer& observer);

// Of its memory.
[[nodiscard]] Check memory_check(const Memory& memory);

[[nodiscard]] Verdict worst_of(const std::vector<Check>& checks);

}  // namespace mp::control
