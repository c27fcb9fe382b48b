#include "pipeline/dead_letters.hpp"

#include <unistd.h>

#include <array>
#include <cstddef>

#include "codec/json_encode.hpp"
#include "codec/json_shape.hpp"

namespace mp::pipeline {
namespace {

struct Head {
  std::string_view sink;
  std::int64_t index = 0;
  std::string_view problem;
};
using HeadShape =
    codec::Loose<codec::Field<"sink", &Head::sink>, codec::Field<"index", &Head::index>,
                 codec::Field<"problem", &Head::problem>>;

// It stands in no JSON text but as this key: within a string its quotes would have backslashes.
constexpr std::string_view kEventKey = ",\"event\":";

}  // namespace

Result<void> DeadLetters::open() {
  if (path_.empty() || file_.open()) return {};
  const std::string what = "cannot open the dead letters " + path_.string();
  if (const int code = make_folders(path_.parent_path()); code != 0) return os_error(what, code);
  auto opened = open_file(path_, O_RDWR | O_CREAT | O_APPEND);
  if (opened.code != 0) return os_error(what, opened.code);
  const FileSize size = file_size(opened.fd);
  if (size.code != 0) return os_error(what, size.code);
  // A kill may have come in the middle of a line.
  std::array<std::byte, 1> last{std::byte{'\n'}};
  if (size.bytes > 0) {
    const Done got = read_at(opened.fd, last, size.bytes - 1);
    if (got.code != 0) return os_error(what, got.code);
  }
  torn_ = last[0] != std::byte{'\n'};
  bytes_ = size.bytes;
  file_ = std::move(opened.fd);
  return {};
}

DeadLetters::Kept DeadLetters::write(const Letter& letter) {
  if (!file_.open()) return Kept::no_room;
  std::string line = torn_ ? "\n{\"sink\":" : "{\"sink\":";
  codec::append_json_string(letter.sink, line);
  codec::append_json_key("index", line);
  codec::append_json_integer(static_cast<std::int64_t>(letter.index), line);
  codec::append_json_key("problem", line);
  codec::append_json_string(letter.problem, line);
  line.append(kEventKey);
  codec::append_json(letter.event, line);
  line.append("}\n");
  if (bytes_ + line.size() > bytes_max_) return Kept::no_room;
  const Done done = write_all(file_, line);
  if (done.code == 0) {
    bytes_ += done.bytes;
    torn_ = false;
    return Kept::yes;
  }
  problem_ = os_error("cannot write to the dead letters " + path_.string(), done.code).message;
  // Half a line would spoil the next one; where it cannot be taken back, that begins anew.
  if (done.bytes > 0 && ::ftruncate(file_.value(), static_cast<off_t>(bytes_)) != 0) {
    bytes_ += done.bytes;
    torn_ = true;
  }
  return Kept::failed;
}

bool DeadLetterReader::read(std::string_view line, DeadLetter& out) {
  why_.clear();
  const std::size_t at = line.find(kEventKey);
  if (at == std::string_view::npos || !line.ends_with('}')) {
    why_ = "it is no dead letter";
    return false;
  }
  head_.assign(line.substr(0, at)).push_back('}');
  Head head;
  head_reader_.restart();
  if (!head_reader_.read<HeadShape>(head_, head)) {
    why_ = head_reader_.problem();
    return false;
  }
  std::string_view event = line.substr(at + kEventKey.size());
  event.remove_suffix(1);
  if (!event_reader_.read(event, out.event)) {
    why_ = "of its event: " + event_reader_.problem();
    return false;
  }
  out.sink = head.sink;
  out.index = head.index;
  out.problem = head.problem;
  return true;
}

}  // namespace mp::pipeline
