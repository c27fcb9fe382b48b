// What the journal's tests share: fresh directories, events of every kind, and comparing them.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <deque>
#include <filesystem>
#include <limits>
#include <random>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "core/event.hpp"
#include "journal/journal.hpp"

namespace mp::journal {

class TempDir {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "journal_test.XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Everything in an event as text, digit by digit, so that 1.5 and 1.50 differ. Not made with the
// journal's codec.
class Describer {
 public:
  static std::string of(const Event& event) {
    Describer describer;
    describer.add(event.venue);
    describer.add(event.symbol);
    describer.add(event.instrument);
    describer.add(event.ts_event);
    describer.add(event.ts_recv);
    describer.text_ += std::to_string(event.seq) + "|" + std::to_string(event.body.index()) + "|";
    std::visit(
        [&](const auto& body) {
          std::remove_cvref_t<decltype(body)>::fields(
              body, [&](std::string_view name, const auto& field) {
                describer.text_.append(name).append("=");
                describer.add(field);
              });
        },
        event.body);
    return std::move(describer.text_);
  }

 private:
  void add(std::string_view text) { text_.append("'").append(text).append("' "); }
  void add(std::int64_t number) { text_ += std::to_string(number) + " "; }
  void add(Timestamp time) { add(to_nanoseconds(time)); }
  void add(const Decimal& decimal) {
    text_ += std::to_string(decimal.mantissa) + "e" + std::to_string(decimal.exponent) + "+" +
             std::to_string(decimal.zeros) + " ";
  }
  template <class Meaning>
  void add(const Exact<Meaning>& exact) {
    add(exact.decimal);
  }
  template <class T>
    requires std::is_enum_v<T> || std::is_same_v<T, bool>
  void add(T value) {
    text_ += "#" + std::to_string(static_cast<int>(value)) + " ";
  }
  void add(Levels levels) {
    text_ += std::to_string(levels.size()) + "[";
    for (const Level& level : levels) {
      add(level.price());
      add(level.quantity());
    }
    text_ += "] ";
  }
  template <class T>
  void add(const std::optional<T>& field) {
    if (field) {
      add(*field);
    } else {
      text_ += "- ";
    }
  }

  std::string text_;
};

// Random events; everything that one points to lives in the maker until the next one is made.
class EventMaker {
 public:
  explicit EventMaker(std::uint64_t seed) : random_(seed) {}

  // `channel` >= kChannelCount: any.
  Event make(std::size_t channel = kChannelCount) {
    texts_.clear();
    levels_.clear();
    Event event;
    if (channel >= kChannelCount) channel = below(kChannelCount);
    choose(event.body, channel, std::make_index_sequence<kChannelCount>{});
    std::visit(
        [&](auto& body) {
          std::remove_cvref_t<decltype(body)>::fields(
              body, [&](std::string_view, auto& field) { fill(field); });
        },
        event.body);
    fill(event.ts_event);
    fill(event.ts_recv);
    event.seq = random_();
    return event;
  }

  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  std::size_t levels_max = 40;
  std::size_t text_max = 40;

 private:
  template <std::size_t... I>
  void choose(Event::Body& body, std::size_t channel, std::index_sequence<I...>) {
    ((I == channel ? void(body.emplace<I>()) : void()), ...);
  }
  void fill(std::string_view& text) {
    std::string& owned = texts_.emplace_back();
    owned.resize(below(text_max));
    for (char& c : owned) c = static_cast<char>(below(256));
    text = owned;
  }
  void fill(std::int64_t& number) {
    switch (below(4)) {
      case 0:
        number = std::numeric_limits<std::int64_t>::min();
        break;
      case 1:
        number = std::numeric_limits<std::int64_t>::max();
        break;
      default:
        number = static_cast<std::int64_t>(random_()) >> below(63);
    }
  }
  void fill(Timestamp& time) {
    time = from_nanoseconds(static_cast<std::int64_t>(random_() >> 1U));
  }
  void fill(Decimal& decimal) {
    fill(decimal.mantissa);
    decimal.exponent = static_cast<std::int8_t>(
        kDecimalExponentMin +
        static_cast<int>(below(kDecimalExponentMax - kDecimalExponentMin + 1)));
    decimal.zeros = below(4) == 0 ? static_cast<std::uint8_t>(below(kDecimalZerosMax + 1)) : 0;
  }
  template <class Meaning>
  void fill(Exact<Meaning>& exact) {
    fill(exact.decimal);
  }
  void fill(bool& value) { value = below(2) == 1; }
  void fill(Side& side) { side = static_cast<Side>(below(2)); }
  void fill(Channel& channel) { channel = static_cast<Channel>(below(kChannelCount)); }
  void fill(InstrumentKind& kind) { kind = static_cast<InstrumentKind>(below(4)); }
  void fill(Condition& condition) { condition = static_cast<Condition>(below(kConditionCount)); }
  void fill(Levels& levels) {
    std::vector<Level>& owned = levels_.emplace_back();
    owned.resize(below(levels_max + 1));
    for (Level& level : owned) {
      Price price;
      Quantity quantity;
      fill(price);
      fill(quantity);
      level = Level(price, quantity);
    }
    levels = owned;
  }
  template <class T>
  void fill(std::optional<T>& field) {
    field.reset();
    if (below(3) > 0) fill(field.emplace());
  }

  std::mt19937_64 random_;
  std::deque<std::string> texts_;
  std::deque<std::vector<Level>> levels_;
};

// Event `number` of a sequence that writer and checker both know: its kind, size and contents
// follow from the number.
class NumberedEvents {
 public:
  const Event& operator()(std::uint64_t number) {
    event_.seq = number + 1;
    event_.ts_recv = from_nanoseconds(static_cast<std::int64_t>(number * 1000));
    event_.ts_event.reset();
    if (number % 3 != 0) event_.ts_event = from_nanoseconds(static_cast<std::int64_t>(number));
    const Price price{{static_cast<std::int64_t>(number), -2}};
    const Quantity quantity{{static_cast<std::int64_t>(number % 1000 + 1), -3}};
    if (number % 5 == 0) {
      levels_.assign(number % 37, Level(price, quantity));
      Book book;
      book.is_snapshot = number % 2 == 0;
      book.last_sequence = static_cast<std::int64_t>(number);
      book.bids = Levels(levels_).first(levels_.size() / 2);
      book.asks = Levels(levels_).subspan(levels_.size() / 2);
      event_.body = book;
    } else {
      text_ = std::to_string(number);
      text_.append(number % 11, 'x');
      event_.body = Trade{text_, price, quantity, number % 2 == 0 ? Side::buy : Side::sell};
    }
    return event_;
  }

 private:
  Event event_;
  std::string text_;
  std::vector<Level> levels_;
};

// Small segments, so that tests cross many.
inline Config small_config(const std::filesystem::path& dir) {
  Config config;
  config.dir = dir;
  config.segment_bytes = 64 << 10;
  config.retention_bytes = 64 << 20;
  config.spare_memory_bytes = 64 << 10;
  return config;
}

inline std::unique_ptr<Writer> open_writer(const Config& config) {
  auto writer = Writer::open(config);
  if (!writer) ADD_FAILURE() << writer.error().message;
  return writer ? writer.take() : nullptr;
}

inline std::unique_ptr<Reader> open_reader(const ReaderConfig& config) {
  auto reader = Reader::open(config);
  if (!reader) ADD_FAILURE() << reader.error().message;
  return reader ? reader.take() : nullptr;
}

// Appends events first .. first + count - 1 of the numbered sequence, for one subject.
inline void append_numbered(Writer& writer, std::uint64_t first, std::uint64_t count) {
  const SubjectId subject = writer.subject("binance", "BTCUSDT", "BTC-USDT");
  NumberedEvents events;
  for (std::uint64_t number = first; number < first + count; ++number)
    ASSERT_TRUE(writer.append(subject, events(number))) << number;
  writer.publish();
}

// Whether the reader's event is number `number` of the sequence, to the last digit.
inline ::testing::AssertionResult is_numbered(const Event& event, std::uint64_t number) {
  NumberedEvents events;
  Event expected = events(number);
  expected.venue = "binance";
  expected.symbol = "BTCUSDT";
  expected.instrument = "BTC-USDT";
  const std::string want = Describer::of(expected);
  const std::string got = Describer::of(event);
  if (want == got) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "event " << number << " is\n" << got << "\nnot\n" << want;
}

// Reads what is there, expecting events from number `first` on; returns the number behind the last.
inline std::uint64_t read_numbered(Reader& reader, std::uint64_t first, Next expected_end) {
  Next next = reader.next();
  for (; next == Next::event; next = reader.next()) {
    EXPECT_EQ(reader.index(), first);
    const auto same = is_numbered(reader.event(), first);
    EXPECT_TRUE(same);
    if (!same) break;
    ++first;
    if (first % 64 == 0) reader.release();
  }
  EXPECT_EQ(static_cast<int>(next), static_cast<int>(expected_end)) << reader.problem();
  return first;
}

// For what another thread does on its own account: looks again and again, within a deadline.
template <class Condition>
[[nodiscard]] bool eventually(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace mp::journal
