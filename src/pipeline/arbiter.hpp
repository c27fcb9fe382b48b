// L4. Arbiter: several sessions say the same of one symbol; which copy is the first?
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/event.hpp"

namespace mp::pipeline {

using SessionId = std::uint32_t;

// Where several sessions carry the same: how often one was the first to say it, and how often and
// how far it was behind.
struct Race {
  std::uint64_t first = 0;
  std::uint64_t late = 0;
  std::uint64_t timed = 0;  // of the late copies: it is known when the first one came
  Nanoseconds behind{0};    // of these, the sum

  static void fields(auto& self, auto&& visit) {
    visit("first", self.first);
    visit("late", self.late);
    visit("timed", self.timed);
    visit("behind_ns", self.behind);
  }
  Race& operator+=(const Race& other) {
    first += other.first;
    late += other.late;
    timed += other.timed;
    behind += other.behind;
    return *this;
  }
  friend bool operator==(const Race&, const Race&) = default;
};

// The identities that came last, as many as are needed to know a copy that lags by kLagMax, at most
// kMost.
class RecentIdentities {
 public:
  static constexpr std::size_t kLeast = 64;
  static constexpr std::size_t kMost = 8192;
  static constexpr std::chrono::seconds kLagMax{10};

  // once: whoever says it, the second time is a copy. each_time: a session may mean it twice (two
  // trades alike in one instant); a copy is what another session has said as often.
  enum class Meaning : std::uint8_t { once, each_time };
  // Of a copy: when the first one came. Nothing: this is the first, and is kept.
  std::optional<Timestamp> seen(std::uint64_t identity, Meaning meaning, SessionId session,
                                Timestamp ts_recv);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Said {
    SessionId session = 0;
    std::uint32_t times = 0;
  };
  struct Entry {
    std::uint64_t identity = 0;
    Timestamp ts_recv{};
    std::array<Said, 3> said{};  // by the sessions that said it last
    std::uint32_t times = 0;     // the most that any of them has
  };
  [[nodiscard]] static bool is_copy(Entry& entry, Meaning meaning, SessionId session);
  [[nodiscard]] std::size_t home_of(std::uint64_t identity) const {
    return identity & (slots_.size() - 1);
  }
  void insert(std::uint32_t entry);
  void erase(std::uint64_t identity);
  void grow();

  std::vector<Entry> entries_;        // a ring once it is full
  std::size_t oldest_ = 0;            // of a full ring
  std::size_t capacity_ = 0;          // 2^n
  std::vector<std::uint32_t> slots_;  // by identity: 1 + place in entries_; 0: free
};

// What does not say which event it is (IdentityBasis::none) is taken from one session alone, until
// that one falls silent while another goes on.
class Source {
 public:
  static constexpr unsigned kOthersMax = 8;
  static constexpr std::chrono::seconds kSilent{1};

  // Whether the session is the one to listen to, now that it says something.
  [[nodiscard]] bool is(SessionId session, Timestamp now) {
    if (session == session_ || session_ == 0) {
      take(session, now);
      return true;
    }
    ++others_;
    if (others_ < kOthersMax || now - heard_ < kSilent) return false;
    take(session, now);
    return true;
  }
  void take(SessionId session, Timestamp now) {
    session_ = session;
    heard_ = now;
    others_ = 0;
  }
  // When that one last said something.
  [[nodiscard]] Timestamp heard() const { return heard_; }
  void ended(SessionId session) {
    if (session_ == session) session_ = 0;
  }
  [[nodiscard]] SessionId session() const { return session_; }

 private:
  SessionId session_ = 0;  // 0: none yet
  unsigned others_ = 0;    // messages of others since it was heard
  Timestamp heard_{};
};

// Of one symbol: all its channels but the book (pipeline/book_feed.hpp).
class Arbiter {
 public:
  struct Answer {
    bool is_first = true;
    std::optional<Nanoseconds> behind{};  // of a copy: by how much
  };
  [[nodiscard]] Answer judge(const Event& event, SessionId session);
  void ended(SessionId session);

 private:
  struct Heard {
    RecentIdentities recent;
    Source source;
  };
  std::array<std::unique_ptr<Heard>, kChannelCount> heard_;
};

}  // namespace mp::pipeline
