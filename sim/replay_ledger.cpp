#include "sim/replay_ledger.hpp"

#include <utility>

#include "codec/json_encode.hpp"
#include "sim/own_file.hpp"

namespace mp::sim {
namespace {

// How lines begin.
constexpr std::string_view kFrame = R"({"conn":)";
constexpr std::string_view kAnswer = R"({"url":)";

void append_number(std::string_view key, std::uint64_t value, std::string& out) {
  out.append(",\"").append(key).append("\":").append(std::to_string(value));
}

void append_fault(const std::string& fault, std::string& out) {
  out += ",\"fault\":";
  if (fault.empty()) {
    out += "null";
  } else {
    codec::append_json_string(fault, out);
  }
}

}  // namespace

ReplayLedger::ReplayLedger(std::string path, std::uint64_t bytes_max)
    : path_(std::move(path)), bytes_max_(bytes_max) {}

Result<void> ReplayLedger::open() {
  if (path_.empty()) return {};
  auto file = open_own_file(path_, {kFrame, kAnswer}, "a ledger");
  if (!file) return file.error();
  file_ = file.take();
  return {};
}

void ReplayLedger::add(const SentFrame& sent) {
  if (path_.empty()) return;
  line_ = kFrame;
  codec::append_json_string(sent.connection, line_);
  append_number("session", sent.session, line_);
  append_number("frame", sent.frame, line_);
  append_number("line", sent.line, line_);
  append_fault(sent.fault, line_);
  append_number("bytes", sent.bytes, line_);
  add_line();
}

void ReplayLedger::add(const SentAnswer& sent) {
  if (path_.empty()) return;
  line_ = kAnswer;
  codec::append_json_string(sent.target, line_);
  line_ += ",\"line\":" + (sent.line == 0 ? std::string("null") : std::to_string(sent.line));
  append_number("status", sent.status, line_);
  append_fault(sent.fault, line_);
  append_number("bytes", sent.bytes, line_);
  add_line();
}

void ReplayLedger::add_line() {
  line_ += "}\n";
  if (bytes_ + line_.size() > bytes_max_) {
    ++left_out_;
    return;
  }
  bytes_ += line_.size();
  file_ << line_;
}

Result<void> ReplayLedger::close() {
  if (path_.empty()) return {};
  file_.close();
  if (!file_)
    return Error{.kind = ErrorKind::io,
                 .message = "the ledger " + path_ + " is not complete; expected room on its disk"};
  if (left_out_ > 0)
    return Error{.kind = ErrorKind::io,
                 .message = "the ledger " + path_ + " ends early: " + std::to_string(left_out_) +
                            " lines did not fit in " + std::to_string(bytes_max_) + " bytes"};
  return {};
}

}  // namespace mp::sim
