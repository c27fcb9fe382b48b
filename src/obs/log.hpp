// L1. Logger: lines of key=value for people and machines. info = life cycle, warn = recovered and
// nothing lost, error = data lost or help needed. Never per event. Uses core.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>

#include "core/time.hpp"

namespace spdlog {
class logger;
}

namespace mp::obs {

enum class LogLevel : std::uint8_t { debug, info, warn, error, off };
[[nodiscard]] std::string_view name_of(LogLevel level);
[[nodiscard]] std::optional<LogLevel> log_level_named(std::string_view name);

// One key=value. The views must live during the call.
struct Field {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool> value;

  Field(std::string_view name, std::string_view text) : key(name), value(text) {}
  Field(std::string_view name, const char* text) : key(name), value(std::string_view{text}) {}
  Field(std::string_view name, bool truth) : key(name), value(truth) {}
  Field(std::string_view name, double number) : key(name), value(number) {}
  template <std::signed_integral Number>
  Field(std::string_view name, Number number) : key(name), value(std::int64_t{number}) {}
  template <std::unsigned_integral Number>
    requires(!std::same_as<Number, bool>)
  Field(std::string_view name, Number number) : key(name), value(std::uint64_t{number}) {}
};
using Fields = std::initializer_list<Field>;

// For trouble that can come with every frame: the first line passes, then at most one per interval.
// Belongs to one thread.
class Sampler {
 public:
  static constexpr std::chrono::seconds kInterval{10};

  explicit Sampler(Nanoseconds interval = kInterval) : interval_(interval) {}

  // How many were suppressed since the last line that passed; nothing when this one is suppressed.
  [[nodiscard]] std::optional<std::uint64_t> admit(Timestamp now);

 private:
  Nanoseconds interval_;
  std::optional<Timestamp> last_;
  std::uint64_t suppressed_ = 0;
};

// Any thread may log. main() makes one and hands it on.
class Logger {
 public:
  // Lines go to stderr.
  explicit Logger(LogLevel level);
  // `out` must outlive the logger.
  Logger(LogLevel level, std::ostream& out);
  ~Logger();
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  // time=2026-11-19T10:13:20.123Z level=info event=connected venue=okx url="wss://..."
  void log(LogLevel level, std::string_view event, Fields fields = {});
  void debug(std::string_view event, Fields fields = {}) { log(LogLevel::debug, event, fields); }
  void info(std::string_view event, Fields fields = {}) { log(LogLevel::info, event, fields); }
  void warn(std::string_view event, Fields fields = {}) { log(LogLevel::warn, event, fields); }
  void error(std::string_view event, Fields fields = {}) { log(LogLevel::error, event, fields); }

  // The same, through `sampler`; a line that stands for others ends with suppressed=N.
  void sampled(Sampler& sampler, Timestamp now, LogLevel level, std::string_view event,
               Fields fields = {});

  void set_level(LogLevel level);
  [[nodiscard]] LogLevel level() const;
  [[nodiscard]] bool enabled(LogLevel level) const;

 private:
  void write(LogLevel level, std::string_view event, Fields fields,
             std::optional<std::uint64_t> suppressed);

  std::unique_ptr<spdlog::logger> logger_;
};

}  // namespace mp::obs
