#include "obs/log.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <iterator>
#include <utility>

#include "core/utf8.hpp"
#include "obs/mask.hpp"

namespace mp::obs {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"debug", "info", "warn", "error", "off"};

constexpr std::array<std::string_view, 3> kFormats = {"text", "logfmt", "json"};

// A value longer than this is cut: a log line is no place for a frame.
constexpr std::size_t kValueBytesMax = 1024;

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::off:
      break;
  }
  return spdlog::level::off;
}

void set_pattern(spdlog::logger& logger, LogFormat format) {
  const char* const pattern = format == LogFormat::json ? "{\"time\":\"%Y-%m-%dT%H:%M:%S.%eZ\",%v}"
                              : format == LogFormat::text ? "%Y-%m-%d %H:%M:%S.%e %v"
                                                          : "time=%Y-%m-%dT%H:%M:%S.%eZ %v";
  logger.set_formatter(
      std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc));
}

std::unique_ptr<spdlog::logger> make_logger(LogLevel level, spdlog::sink_ptr sink) {
  auto logger = std::make_unique<spdlog::logger>("marketprism", std::move(sink));
  set_pattern(*logger, LogFormat::logfmt);
  logger->set_level(spdlog_level(level));
  logger->flush_on(spdlog::level::info);
  return logger;
}

bool is_plain(std::string_view text) {
  const auto plain = [](char c) { return c > ' ' && c < 127 && c != '"' && c != '=' && c != '\\'; };
  return !text.empty() && std::all_of(text.begin(), text.end(), plain);
}

// In quotes, so that nothing a venue sends can forge a line or move a cursor.
void append_quoted(fmt::memory_buffer& out, std::string_view text, bool json) {
  const auto shown = text.substr(0, kValueBytesMax);
  const auto end = std::back_inserter(out);
  out.push_back('"');
  for (std::string_view rest = shown; !rest.empty();) {
    const std::size_t length = harmless_sequence(rest);
    const auto byte = static_cast<unsigned char>(rest.front());
    if (length > 0) {
      if (byte == '"' || byte == '\\') out.push_back('\\');
      out.append(rest.data(), rest.data() + length);
    } else if (json) {
      fmt::format_to(end, "\\u{:04x}", byte < 0x80 ? byte : 0xfffdU);
    } else {
      fmt::format_to(end, "\\x{:02x}", byte);
    }
    rest.remove_prefix(std::max<std::size_t>(length, 1));
  }
  if (shown.size() < text.size()) fmt::format_to(end, "...");
  out.push_back('"');
}

void append_text(fmt::memory_buffer& out, std::string_view text, LogFormat format) {
  const auto safe = masked(text.substr(0, kValueBytesMax + 1));
  if (format != LogFormat::json && is_plain(safe) && text.size() <= kValueBytesMax) {
    out.append(safe.data(), safe.data() + safe.size());
  } else {
    append_quoted(out, safe, format == LogFormat::json);
  }
}

void append_field(fmt::memory_buffer& out, const Field& field, LogFormat format) {
  const auto end = std::back_inserter(out);
  if (format == LogFormat::json) {
    fmt::format_to(end, ",\"{}\":", field.key);
  } else {
    fmt::format_to(end, " {}=", field.key);
  }
  if (const auto* const text = std::get_if<std::string_view>(&field.value)) {
    append_text(out, is_secret_name(field.key) ? "***" : *text, format);
    return;
  }
  const auto* const real = std::get_if<double>(&field.value);
  if (real != nullptr && !std::isfinite(*real) && format == LogFormat::json) {
    fmt::format_to(end, "null");
    return;
  }
  std::visit([&](const auto& value) { fmt::format_to(end, "{}", value); }, field.value);
}

void append_head(fmt::memory_buffer& out, LogLevel level, std::string_view event,
                 LogFormat format) {
  const auto end = std::back_inserter(out);
  if (format == LogFormat::text) {
    constexpr std::array<std::string_view, 5> kShown = {"DEBUG", "INFO ", "WARN ", "ERROR", ""};
    fmt::format_to(end, "{} ", kShown[static_cast<std::size_t>(level)]);
  } else if (format == LogFormat::logfmt) {
    fmt::format_to(end, "level={} event=", name_of(level));
  } else {
    fmt::format_to(end, "\"level\":\"{}\",\"event\":", name_of(level));
  }
  append_text(out, event, format);
}

// What lines that say the same have in common.
std::uint64_t kind_of(LogLevel level, std::string_view event, Fields fields) {
  const std::hash<std::string_view> hash;
  std::uint64_t kind = hash(event) + static_cast<std::uint64_t>(level);
  for (const Field& field : fields) {
    if (const auto* const text = std::get_if<std::string_view>(&field.value))
      kind = kind * 0x9E3779B97F4A7C15U + (hash(field.key) ^ hash(*text));
  }
  return kind;
}

}  // namespace

std::string_view name_of(LogLevel level) {
  return kNames[static_cast<std::size_t>(level)];
}

std::optional<LogLevel> log_level_named(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<LogLevel>(found - kNames.begin());
}

std::string_view name_of(LogFormat format) {
  return kFormats[static_cast<std::size_t>(format)];
}

std::optional<LogFormat> log_format_named(std::string_view name) {
  const auto found = std::ranges::find(kFormats, name);
  if (found == kFormats.end()) return std::nullopt;
  return static_cast<LogFormat>(found - kFormats.begin());
}

Logger::Logger(LogLevel level)
    : logger_(make_logger(level, std::make_shared<spdlog::sinks::stderr_sink_mt>())) {}

Logger::Logger(LogLevel level, std::ostream& out)
    : logger_(make_logger(level, std::make_shared<spdlog::sinks::ostream_sink_mt>(out))) {}

Logger::~Logger() {
  tell_repeats(repeats_.take(std::chrono::steady_clock::now(), Repeats::Which::all));
}

void Logger::log(LogLevel level, std::string_view event, Fields fields) {
  if (!enabled(level)) return;
  const auto now = std::chrono::steady_clock::now();
  std::vector<Repeats::Held> held;
  bool passes = true;
  {
    const std::lock_guard guard{mutex_};
    held = repeats_.take(now);
    if (level != LogLevel::debug)
      passes = repeats_.admit(kind_of(level, event, fields), event, now);
  }
  tell_repeats(held);
  if (passes) write(level, event, fields);
}

void Logger::tell_repeats(const std::vector<Repeats::Held>& held) {
  for (const auto& each : held) {
    write(LogLevel::warn, "repeated",
          {{"of", each.event},
           {"text", fmt::format("... {} more of the same in {} s", each.lines,
                                Repeats::kInterval.count())}});
  }
}

void Logger::set_level(LogLevel level) {
  logger_->set_level(spdlog_level(level));
}

LogLevel Logger::level() const {
  for (const auto level : {LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error}) {
    if (enabled(level)) return level;
  }
  return LogLevel::off;
}

bool Logger::enabled(LogLevel level) const {
  return level != LogLevel::off && logger_->should_log(spdlog_level(level));
}

void Logger::set_format(LogFormat format) {
  format_ = format;
  set_pattern(*logger_, format);
}

void Logger::write(LogLevel level, std::string_view event, Fields fields) {
  const LogFormat format = format_;
  fmt::memory_buffer line;
  append_head(line, level, event, format);
  for (const Field& field : fields) append_field(line, field, format);
  logger_->log(spdlog_level(level), spdlog::string_view_t{line.data(), line.size()});
}

}  // namespace mp::obs
