#include "obs/log.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "core/utf8.hpp"

namespace mp::obs {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"debug", "info", "warn", "error", "off"};

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

std::unique_ptr<spdlog::logger> make_logger(LogLevel level, spdlog::sink_ptr sink) {
  auto logger = std::make_unique<spdlog::logger>("marketprism", std::move(sink));
  logger->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      "time=%Y-%m-%dT%H:%M:%S.%eZ %v", spdlog::pattern_time_type::utc));
  logger->set_level(spdlog_level(level));
  logger->flush_on(spdlog::level::info);
  return logger;
}

bool is_plain(std::string_view text) {
  const auto plain = [](char c) { return c > ' ' && c < 127 && c != '"' && c != '=' && c != '\\'; };
  return !text.empty() && std::all_of(text.begin(), text.end(), plain);
}

// Quoted where it would break the line or the key=value form, so that nothing a venue sends can
// forge a line.
void append_text(fmt::memory_buffer& out, std::string_view text) {
  const auto shown = text.substr(0, kValueBytesMax);
  const bool cut = shown.size() < text.size();
  if (is_plain(shown) && !cut) {
    out.append(shown.data(), shown.data() + shown.size());
    return;
  }
  const auto end = std::back_inserter(out);
  out.push_back('"');
  for (std::string_view rest = shown; !rest.empty();) {
    const std::size_t length = harmless_sequence(rest);
    if (length == 0) {
      fmt::format_to(end, "\\x{:02x}", static_cast<unsigned char>(rest.front()));
    } else {
      if (rest.front() == '"' || rest.front() == '\\') out.push_back('\\');
      out.append(rest.data(), rest.data() + length);
    }
    rest.remove_prefix(std::max<std::size_t>(length, 1));
  }
  if (cut) fmt::format_to(end, "...");
  out.push_back('"');
}

void append_value(fmt::memory_buffer& out, const Field& field) {
  if (const auto* const text = std::get_if<std::string_view>(&field.value)) {
    append_text(out, *text);
    return;
  }
  std::visit([&](const auto& value) { fmt::format_to(std::back_inserter(out), "{}", value); },
             field.value);
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

std::optional<std::uint64_t> Sampler::admit(Timestamp now) {
  if (last_ && now >= *last_ && now - *last_ < interval_) {
    ++suppressed_;
    return std::nullopt;
  }
  last_ = now;
  return std::exchange(suppressed_, 0);
}

Logger::Logger(LogLevel level)
    : logger_(make_logger(level, std::make_shared<spdlog::sinks::stderr_sink_mt>())) {}

Logger::Logger(LogLevel level, std::ostream& out)
    : logger_(make_logger(level, std::make_shared<spdlog::sinks::ostream_sink_mt>(out))) {}

Logger::~Logger() = default;

void Logger::log(LogLevel level, std::string_view event, Fields fields) {
  if (enabled(level)) write(level, event, fields, std::nullopt);
}

void Logger::sampled(Sampler& sampler, Timestamp now, LogLevel level, std::string_view event,
                     Fields fields) {
  if (!enabled(level)) return;
  if (const auto suppressed = sampler.admit(now)) write(level, event, fields, *suppressed);
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

void Logger::write(LogLevel level, std::string_view event, Fields fields,
                   std::optional<std::uint64_t> suppressed) {
  fmt::memory_buffer line;
  fmt::format_to(std::back_inserter(line), "level={} event=", name_of(level));
  append_text(line, event);
  for (const Field& field : fields) {
    fmt::format_to(std::back_inserter(line), " {}=", field.key);
    append_value(line, field);
  }
  if (suppressed && *suppressed > 0)
    fmt::format_to(std::back_inserter(line), " suppressed={}", *suppressed);
  logger_->log(spdlog_level(level), spdlog::string_view_t{line.data(), line.size()});
}

}  // namespace mp::obs
