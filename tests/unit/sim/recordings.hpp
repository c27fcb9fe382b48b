// Test helper: small recordings, written and loaded.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>

#include "sim/fault_plan.hpp"
#include "sim/recorded.hpp"

namespace mp::sim {

// Lines of a recording, one after the other. Times are in milliseconds.
class RecordingText {
 public:
  RecordingText() {
    text_ = R"({"t":"header","exchange":"ANY"})"
            "\n";
  }

  RecordingText& connect(std::string_view conn, std::string_view url) {
    return line("connect", conn, R"("ts":0,"url":")" + std::string(url) + '"');
  }
  RecordingText& send(std::string_view conn, std::string_view data) {
    return line("send", conn, R"("ts":0,"data":")" + std::string(data) + '"');
  }
  // `data` is put into a JSON string as it is.
  RecordingText& recv(std::string_view conn, int time, std::string_view data) {
    return line("recv", conn, at(time) + R"("data":")" + std::string(data) + '"');
  }
  RecordingText& binary(std::string_view conn, int time, std::string_view base64) {
    return line("recv", conn, at(time) + R"("b64":")" + std::string(base64) + '"');
  }
  RecordingText& http(std::string_view url, std::string_view body) {
    return line("http", "h",
                R"("ts":0,"url":")" + std::string(url) + R"(","data":")" + std::string(body) + '"');
  }
  // Frames "f1" to "fN", one each millisecond.
  RecordingText& frames(std::string_view conn, int count) {
    for (int i = 1; i <= count; ++i) recv(conn, i, "f" + std::to_string(i));
    return *this;
  }

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] Recording load(const std::string& file) const {
    std::ofstream(file, std::ios::trunc) << text_;
    auto recording = load_recording(file);
    EXPECT_TRUE(recording.ok()) << recording.error().message;
    return recording.ok() ? recording.take() : Recording{};
  }

 private:
  static std::string at(int milliseconds) {
    return "\"ts_ns\":" + std::to_string(1'700'000'000'000'000'000 + milliseconds * 1'000'000LL) +
           ',';
  }
  RecordingText& line(std::string_view kind, std::string_view conn, std::string_view rest) {
    text_.append(R"({"t":")").append(kind).append(R"(","conn":")").append(conn);
    text_.append("\",").append(rest).append("}\n");
    return *this;
  }

  std::string text_;
};

inline std::vector<FaultRule> plan(std::string_view text) {
  auto rules = parse_fault_plan(text);
  EXPECT_TRUE(rules.ok()) << rules.error().message;
  return rules.ok() ? rules.take() : std::vector<FaultRule>{};
}

}  // namespace mp::sim
