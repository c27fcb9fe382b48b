#include "pipeline/dead_letters.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
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

constexpr int kReplacedMax = 100;  // times in a row that the file was another before it was locked

// It stands in no JSON text but as this key: within a string its quotes would have backslashes.
constexpr std::string_view kEventKey = ",\"event\":";

}  // namespace

Result<void> DeadLetters::open() {
  if (path_.empty() || file_.open()) return {};
  const std::string what = "cannot open the dead letters " + path_.string();
  if (const int code = make_folders(path_.parent_path()); code != 0) return os_error(what, code);
  auto opened = open_file(path_, O_RDWR | O_CREAT | O_APPEND);
  if (opened.code != 0) return os_error(what, opened.code);
  file_ = std::move(opened.fd);
  return {};
}

DeadLetters::Kept DeadLetters::write(const Letter& letter) {
  if (path_.empty()) return Kept::no_room;
  std::string line = "{\"sink\":";
  codec::append_json_string(letter.sink, line);
  codec::append_json_key("index", line);
  codec::append_json_integer(static_cast<std::int64_t>(letter.index), line);
  codec::append_json_key("problem", line);
  codec::append_json_string(letter.problem, line);
  line.append(kEventKey);
  codec::append_json(letter.event, line);
  line.append("}\n");
  for (int tries = 0; tries < kReplacedMax; ++tries) {
    if (auto opened = open(); !opened) {
      problem_ = opened.error().message;
      return Kept::failed;
    }
    {
      const FileLock lock{file_};
      if (lock.code() != 0) return fail("lock", lock.code());
      if (!lock.was_replaced()) return append(line);
    }
    file_.close();
  }
  return fail("find", ENOENT);
}

// A kill may have come in the middle of a line, and half a line would spoil the next one.
DeadLetters::Kept DeadLetters::append(std::string& line) {
  const FileSize size = file_size(file_);
  if (size.code != 0) return fail("look at", size.code);
  std::array<std::byte, 1> last{std::byte{'\n'}};
  if (size.bytes > 0) {
    const Done got = read_at(file_, last, size.bytes - 1);
    if (got.code != 0) return fail("read", got.code);
  }
  if (last[0] != std::byte{'\n'}) line.insert(line.begin(), '\n');
  if (size.bytes + line.size() > bytes_max_) return Kept::no_room;
  const Done done = write_all(file_, line);
  if (done.code == 0) return Kept::yes;
  // Where half a line cannot be taken back, the next letter begins another.
  const bool stays =
      done.bytes > 0 && ::ftruncate(file_.value(), static_cast<off_t>(size.bytes)) != 0;
  return fail(stays ? "take half a line back from" : "write to", done.code);
}

DeadLetters::Kept DeadLetters::fail(std::string_view what, int code) {
  problem_ =
      os_error("cannot " + std::string{what} + " the dead letters " + path_.string(), code).message;
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
