// L2. Reading a JSON frame: fast in the usual order, right in any.
#pragma once

#include <string>
#include <string_view>

#include "codec/json_exact.hpp"
#include "codec/json_scanner.hpp"

namespace mp::codec {

class JsonReader {
 public:
  // Calls `read(in)`, where in.read<Shape>(text, message) and in.read_rows<Shape>(text, list) read
  // and answer whether they could. It runs with the scanner first; unless that came to `Accepted`,
  // it runs again with the exact reader, whose answer counts. So `read` must do nothing that lasts
  // before all its reading has succeeded.
  template <auto Accepted, class F>
  decltype(Accepted) read(F&& read) {
    used_exact_ = false;
    if (const auto verdict = read(scanner_); verdict == Accepted) return verdict;
    used_exact_ = true;
    exact_.restart();
    return read(exact_);
  }

  // Whether the exact reader decided about the last frame.
  [[nodiscard]] bool used_exact() const { return used_exact_; }
  // Optional numbers of the last frame that did not fit, and are absent.
  [[nodiscard]] std::uint32_t left_out() const { return used_exact_ ? exact_.left_out() : 0; }
  // As in ExactReader, which decides where a row cannot be read.
  void leave_out_bad_rows() { exact_.leave_out_bad_rows(); }
  [[nodiscard]] const ExactReader::BadRows& bad_rows() const { return exact_.bad_rows(); }
  [[nodiscard]] const std::string& problem() const { return exact_.problem(); }

 private:
  Scanner scanner_;
  ExactReader exact_;
  bool used_exact_ = false;
};

}  // namespace mp::codec
