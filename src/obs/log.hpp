// L1. Logger: lines for people and machines. info = life cycle, warn = recovered and nothing lost,
// error = data lost or help needed. Never per event. Whatever is logged goes through here, where
// secrets are masked, control characters escaped and repeats held back. Uses core.
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "obs/repeats.hpp"

namespace spdlog {
class logger;
}

namespace mp::obs {

enum class LogLevel : std::uint8_t { debug, info, warn, error, off };
[[nodiscard]] std::string_view name_of(LogLevel level);
[[nodiscard]] std::optional<LogLevel> log_level_named(std::string_view name);

// logfmt: time=2026-11-19T10:13:20.123Z level=info event=connected venue=okx url="wss://..."
// text:   2026-11-19 10:13:20.123 INFO  connected venue=okx url="wss://..."
// json:   {"time":"2026-11-19T10:13:20.123Z","level":"info","event":"connected","venue":"okx",...}
enum class LogFormat : std::uint8_t { text, logfmt, json };
[[nodiscard]] std::string_view name_of(LogFormat format);
[[nodiscard]] std::optional<LogFormat> log_format_named(std::string_view name);

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

  // Lines that say the same (level, event and texts; numbers may differ) are held back where there
  // are too many of them, but for those of level debug; a line event=repeated says how many.
  void log(LogLevel level, std::string_view event, Fields fields = {});
  void debug(std::string_view event, Fields fields = {}) { log(LogLevel::debug, event, fields); }
  void info(std::string_view event, Fields fields = {}) { log(LogLevel::info, event, fields); }
  void warn(std::string_view event, Fields fields = {}) { log(LogLevel::warn, event, fields); }
  void error(std::string_view event, Fields fields = {}) { log(LogLevel::error, event, fields); }

  void set_level(LogLevel level);
  [[nodiscard]] LogLevel level() const;
  [[nodiscard]] bool enabled(LogLevel level) const;
  void set_format(LogFormat format);
  [[nodiscard]] LogFormat format() const { return format_.load(); }

 private:
  void write(LogLevel level, std::string_view event, Fields fields);
  void tell_repeats(const std::vector<Repeats::Held>& held);

  std::unique_ptr<spdlog::logger> logger_;
  std::atomic<LogFormat> format_{LogFormat::logfmt};
  std::mutex mutex_;  // of the next one: any thread may log, and repeats are counted over all
  Repeats repeats_;
};

}  // namespace mp::obs
