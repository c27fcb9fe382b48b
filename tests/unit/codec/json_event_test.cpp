#include "codec/json_event.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <limits>
#include <random>

#include "codec/json_encode.hpp"

namespace mp::codec {
namespace {

std::string text_of(const Event& event) {
  std::string out;
  append_json(event, out);
  return out;
}

// Fills the fields of a body with anything that they can hold.
class AnyValue {
 public:
  explicit AnyValue(std::uint64_t seed) : random_(seed) {}

  template <class T>
  void operator()(std::string_view, T& value) {
    fill(value);
  }

 private:
  template <class T>
  void fill(std::optional<T>& value) {
    if (random_() % 3 == 0) {
      value.reset();
    } else {
      fill(value.emplace());
    }
  }
  template <class Meaning>
  void fill(Exact<Meaning>& value) {
    fill(value.decimal);
  }
  void fill(Decimal& value) {
    const auto mantissa = static_cast<std::int64_t>(random_() >> (1 + random_() % 60));
    value = {.mantissa = random_() % 2 == 0 ? mantissa : -mantissa,
             .exponent = static_cast<std::int8_t>(-static_cast<int>(random_() % 37))};
  }
  void fill(std::string_view& value) {
    constexpr std::string_view kTexts[] = {
        "", "BTC", "say \"hi\"\n\\", "币安", "\x01\x7f", ",\"event\":", "{}[]"};
    value = kTexts[random_() % std::size(kTexts)];
  }
  void fill(std::int64_t& value) { value = static_cast<std::int64_t>(random_()); }
  void fill(bool& value) { value = random_() % 2 == 0; }
  void fill(Timestamp& value) { value = from_nanoseconds(static_cast<std::int64_t>(random_())); }
  void fill(Side& value) { value = random_() % 2 == 0 ? Side::buy : Side::sell; }
  void fill(Channel& value) { value = static_cast<Channel>(random_() % kChannelCount); }
  void fill(Condition& value) { value = static_cast<Condition>(random_() % kConditionCount); }
  void fill(InstrumentKind& value) {
    value = static_cast<InstrumentKind>(random_() % kInstrumentKindCount);
  }
  void fill(Levels& value) {
    auto& levels = levels_.emplace_back(random_() % 5);
    for (Level& level : levels) {
      Price price;
      Quantity quantity;
      fill(price);
      fill(quantity);
      level = Level{price, quantity};
    }
    value = levels;
  }

  std::mt19937_64 random_;
  std::deque<std::vector<Level>> levels_;
};

template <std::size_t I = 0>
void set_body(Event::Body& body, std::size_t index) {
  if constexpr (I + 1 < kChannelCount) {
    if (index != I) return set_body<I + 1>(body, index);
  }
  body.emplace<I>();
}

TEST(JsonEvent, reads_what_was_written_of_every_type) {
  EventReader reader;
  for (std::size_t channel = 0; channel < kChannelCount; ++channel) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      AnyValue any{seed};
      Event event;
      set_body(event.body, channel);
      std::visit([&](auto& body) { body.fields(body, any); }, event.body);
      any("venue", event.venue);
      any("symbol", event.symbol);
      any("instrument", event.instrument);
      any("ts_event", event.ts_event);
      any("ts_recv", event.ts_recv);
      event.seq = seed == 0 ? std::numeric_limits<std::uint64_t>::max() : seed;
      const std::string text = text_of(event);
      Event read;
      ASSERT_TRUE(reader.read(text, read)) << reader.problem() << ": " << text;
      EXPECT_EQ(static_cast<std::size_t>(read.channel()), channel);
      EXPECT_EQ(read.seq, event.seq);
      ASSERT_EQ(text_of(read), text);
    }
  }
}

TEST(JsonEvent, keeps_zeros_that_a_venue_sent) {
  Event event;
  event.body = MarkPrice{{*parse_decimal("1.500000000000000000000000000000")}};
  const std::string text = text_of(event);
  EventReader reader;
  Event read;
  ASSERT_TRUE(reader.read(text, read)) << reader.problem();
  EXPECT_EQ(text_of(read), text);
}

TEST(JsonEvent, says_what_is_wrong) {
  Event event;
  event.venue = "okx";
  event.body = MarkPrice{{*parse_decimal("1.5")}};
  const std::string good = text_of(event);
  const auto with = [&](std::string_view what, std::string_view instead) {
    std::string out = good;
    const auto at = out.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return out.replace(at, what.size(), instead);
  };
  const std::pair<std::string, std::string> cases[] = {
      {"", "no JSON object"},
      {"[1]", "no JSON object"},
      {good.substr(0, good.size() - 1), "no JSON object"},
      {"{}", "no \"type\""},
      {with("mark_price", "price"), "its \"type\""},
      {with("\"1.5\"", "1.5"), "its \"price\""},
      {with("\"1.5\"", "\"1.5x\""), "its \"price\""},
      {with("\"1.5\"", "\"01.5\""), "its \"price\""},
      {with("\"1.5\"", "null"), "its \"price\""},
      {with("\"okx\"", "7"), "its \"venue\""},
      {with("\"seq\":0", "\"seq\":1.5"), "its \"seq\""},
      {with("\"seq\":0,", ""), "no \"seq\""},
      {with("\"seq\":0", "\"seq\":0,\"more\":1"), "fields that its type does not have"},
      {with("\"seq\":0", "\"seq\":0,\"seq\":0"), "fields that its type does not have"},
  };
  EventReader reader;
  Event read;
  for (const auto& [text, why] : cases) {
    EXPECT_FALSE(reader.read(text, read)) << text;
    EXPECT_NE(reader.problem().find(why), std::string::npos) << text << ": " << reader.problem();
  }
  EXPECT_TRUE(reader.read(good, read));
}

}  // namespace
}  // namespace mp::codec
