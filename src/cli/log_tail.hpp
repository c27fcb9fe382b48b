// L6. Log lines held back while a live table is on the screen, to be shown above it.
#pragma once

#include <mutex>
#include <streambuf>
#include <string>

namespace mp::cli {

// Any thread writes (a logger's stream), one thread takes.
class LogTail final : public std::streambuf {
 public:
  // The whole lines since the last call.
  [[nodiscard]] std::string take() {
    const std::lock_guard guard{mutex_};
    const auto end = text_.rfind('\n');
    std::string lines = text_.substr(0, end == std::string::npos ? 0 : end + 1);
    text_.erase(0, lines.size());
    return lines;
  }

 private:
  std::streamsize xsputn(const char* text, std::streamsize count) override {
    const std::lock_guard guard{mutex_};
    // A storm of lines must not take the memory: what nobody can read is left out.
    if (text_.size() < kHeldMax) text_.append(text, static_cast<std::size_t>(count));
    return count;
  }
  int_type overflow(int_type c) override {
    const char one = traits_type::to_char_type(c);
    xsputn(&one, 1);
    return c;
  }

  static constexpr std::size_t kHeldMax = std::size_t{64} << 10U;
  // Loggers on other threads write while the table's thread takes.
  std::mutex mutex_;
  std::string text_;
};

}  // namespace mp::cli
