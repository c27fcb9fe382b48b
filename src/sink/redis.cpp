// L3. Redis: entries of streams, or messages for whoever listens.
//
// A batch is one transaction, whose last command notes how far it goes: either all of it is there,
// and the note says so, or nothing. Who starts again reads the note and passes over what is there.
// The note has the name of this data directory's folder, so that two collectors have two.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "core/identity.hpp"
#include "sink/connection_keys.hpp"
#include "sink/files.hpp"
#include "sink/redis_connection.hpp"
#include "sink/registry.hpp"

namespace mp::sink {
namespace {

class Redis final : public Sink {
 public:
  explicit Redis(const Settings& settings)
      : settings_(settings),
        streams_(settings.text("mode") == "stream"),
        length_(fmt::format("{}", settings.number("stream_length"))),
        folders_(folders_of(settings.data_dir / settings.name, settings.shard.number)) {}

  Result<void> open() override {
    connection_.reset();
    if (streams_ && !lock_.open()) {
      auto lock = lock_folder(folders_.own);
      if (!lock) return lock.error();
      lock_ = lock.take();
    }
    if (auto opened = open_anew(connection_, settings_); !opened) return opened;
    return streams_ ? read_note() : Result<void>{};
  }

  Written write(const Batch& batch) override {
    if (streams_ && note_key_.empty()) {
      if (const auto named = name_note(*batch.items.front().event); !named)
        return {Outcome::retriable, named.error().message};
    }
    sent_.clear();
    for (std::size_t i = 0; i < batch.items.size(); ++i) {
      const Item& item = batch.items[i];
      if (item.index >= end_ || item.event->ts_recv > latest_) sent_.push_back(i);
    }
    if (sent_.empty()) return {};
    return streams_ ? write_streams(batch) : publish(batch);
  }

 private:
  using Kind = RedisAnswer::Kind;

  Written write_streams(const Batch& batch) {
    connection_->append({"MULTI"});
    Timestamp latest = latest_;
    for (const std::size_t i : sent_) {
      const Item& item = batch.items[i];
      const Identity identity = identity_of(*item.event);
      const auto id = hex_of(identity.high) + hex_of(identity.low);
      connection_->append(
          {"XADD", item.subject, "MAXLEN", "~", length_, "*", "event", item.payload, "id", id});
      latest = std::max(latest, item.event->ts_recv);
    }
    const std::uint64_t end = batch.items.back().index + 1;
    connection_->append({"SET", note_key_, fmt::format("{} {}", end, to_nanoseconds(latest))});
    connection_->append({"EXEC"});
    // What cannot be queued undoes all of it, and is in the last answer.
    std::string problem = "the transaction was not done";
    for (std::size_t i = 0; i < sent_.size() + 2; ++i) {
      auto queued = connection_->next();
      if (queued.kind == Kind::gone) return {Outcome::reopen, queued.text};
      if (queued.kind == Kind::error) problem = std::move(queued.text);
    }
    const auto done = connection_->next();
    if (done.kind == Kind::gone) return {Outcome::reopen, done.text};
    if (done.kind != Kind::list) return {Outcome::retriable, problem};
    end_ = end;
    latest_ = latest;
    Written out;
    for (std::size_t i = 0; i < std::min(sent_.size(), done.list.size()); ++i) {
      if (done.list[i].failed()) out.refused.push_back({sent_[i], done.list[i].text});
    }
    return out;
  }

  Written publish(const Batch& batch) {
    for (const std::size_t i : sent_)
      connection_->append({"PUBLISH", batch.items[i].subject, batch.items[i].payload});
    for (std::size_t i = 0; i < sent_.size(); ++i) {
      auto answer = connection_->next();
      if (answer.failed()) return {Outcome::reopen, std::move(answer.text), i};
    }
    return {};
  }

  Result<void> read_note() {
    const auto text = read_file(folders_.own / "id");
    if (!text) return text.error();
    note_key_ = *text ? note_key_of(**text) : "";
    if (note_key_.empty()) return {};
    const auto note = connection_->ask({"GET", note_key_});
    if (note.failed())
      return Error{ErrorKind::unavailable, "cannot read how far it is: " + note.text};
    end_ = 0;
    latest_ = Timestamp::min();
    if (note.kind != Kind::text) return {};
    const std::string_view words{note.text};
    const auto space = std::min(words.find(' '), words.size());
    std::int64_t latest = 0;
    std::from_chars(words.data(), words.data() + space, end_);
    if (space < words.size())
      std::from_chars(words.data() + space + 1, words.data() + words.size(), latest);
    latest_ = Timestamp{std::chrono::nanoseconds{latest}};
    return {};
  }

  // By the first event that is delivered from here; no other directory has it at that nanosecond.
  Result<void> name_note(const Event& first) {
    const auto id =
        fmt::format("{}-{}", to_nanoseconds(first.ts_recv), hex_of(file_identity_of(first)));
    const auto path = folders_.own / "id";
    if (const int code = replace_whole(path, id, mp::Written::to_the_disk); code != 0)
      return file_error("write", path, code);
    note_key_ = note_key_of(id);
    return {};
  }
  static std::string note_key_of(const std::string& id) { return "marketprism:delivered:" + id; }

  const Settings settings_;
  const bool streams_;
  const std::string length_;
  const Folders folders_;
  Fd lock_;
  std::unique_ptr<RedisConnection> connection_;
  std::string note_key_;   // empty: nothing was delivered yet
  std::uint64_t end_ = 0;  // what the note says: events below that, up to that time, are there
  Timestamp latest_ = Timestamp::min();
  std::vector<std::size_t> sent_;  // positions
};

constexpr std::array<std::string_view, 2> kModes = {"stream", "publish"};
constexpr std::array kRedisKeys = {
    Key{"host", "localhost", "Where it is, or the path of its socket."},
    Key{.name = "port", .fallback = std::uint64_t{6379}, .doc = "Its port.", .most = 65'535},
    Key{"database", std::uint64_t{0}, "The number of the database."},
    Key{.name = "mode",
        .fallback = "stream",
        .doc = "stream: entries with the fields `event` and `id`. publish: messages for whoever "
               "listens, who gets some twice after a failure and none while he is away.",
        .words = kModes},
    Key{.name = "stream_length",
        .fallback = std::uint64_t{1'000'000},
        .doc = "What each stream keeps, about; the oldest go first.",
        .least = 1},
    kAckTimeoutKey,
    kUserKey,
    kPasswordKey,
};

}  // namespace

constexpr Spec kRedis = {
    .type = "redis",
    .what = "Redis: streams, or messages for whoever listens; one server, without TLS",
    .keys = kRedisKeys,
    .encodings = kMessageEncodings,
    .subject = "{channel}:{venue}:{kind}:{instrument}",
    .subject_excludes = ": \t\r\n",
    .guarantee = Guarantee::exactly_once,
    .harmless = "A batch and the note how far it goes are one transaction.",
    .loss_window =
        "What Redis has not put on its disk when its machine ends: a second by "
        "`appendfsync everysec`. With mode = \"publish\", what nobody listened to.",
    .make = make_sink<Redis>};

}  // namespace mp::sink
