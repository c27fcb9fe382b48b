// The vocabulary of shapes beyond plain fields: each word, read alike by both readers.
#include <gtest/gtest.h>

#include <random>

#include "codec/json_reader.hpp"

namespace mp::codec {
namespace {

struct Message {
  std::optional<std::string_view> name;
  std::optional<Timestamp> time;
  std::optional<Side> side;
  std::optional<Price> price;
  std::optional<std::int64_t> count;
  std::optional<Decimal> state;
  std::optional<std::int64_t> inner;
  std::vector<Level> levels;
  std::vector<std::string_view> words;
};

std::string text_of(const Message& m) {
  std::string out;
  const auto add = [&](const std::optional<std::string>& value) {
    out.append(value.value_or("-")).append("|");
  };
  const auto number = [](const auto& value) {
    return value ? std::optional{std::to_string(*value)} : std::nullopt;
  };
  add(m.name ? std::optional{std::string{*m.name}} : std::nullopt);
  add(m.time ? std::optional{std::to_string(to_nanoseconds(*m.time))} : std::nullopt);
  add(m.side ? std::optional{std::string{name_of(*m.side)}} : std::nullopt);
  add(m.price ? std::optional{to_string(m.price->decimal)} : std::nullopt);
  add(number(m.count));
  add(m.state ? std::optional{to_string(*m.state)} : std::nullopt);
  add(number(m.inner));
  for (const auto& level : m.levels) {
    out.append(to_string(level.price().decimal)).append("x");
    out.append(to_string(level.quantity().decimal)).append(" ");
  }
  for (const auto word : m.words) out.append(word).append(" ");
  return out;
}

// What both readers make of it, which must be the same; "refused", or "slow:" before what only the
// exact reader reads.
template <class S>
std::string read(std::string_view text, Message before = {}) {
  Scanner scanner;
  ExactReader exact;
  Message fast = before;
  Message right = before;
  const bool scanned = scanner.read<S>(text, fast);
  if (!exact.read<S>(text, right)) {
    EXPECT_FALSE(scanned) << text;
    return "refused";
  }
  if (!scanned) return "slow:" + text_of(right);
  EXPECT_EQ(text_of(fast), text_of(right)) << text;
  return text_of(fast);
}

TEST(Shapes, take_the_name_that_a_message_uses) {
  using Either = Loose<OneOf<Field<"t", &Message::time, kSeconds>, Field<"ms", &Message::time>>>;
  EXPECT_EQ(read<Either>(R"({"t":1795000000})"), "-|1795000000000000000|-|-|-|-|-|");
  EXPECT_EQ(read<Either>(R"({"ms":1795000000123})"), "-|1795000000123000000|-|-|-|-|-|");
  EXPECT_EQ(read<Either>(R"({"x":1})"), "-|-|-|-|-|-|-|");
  using Needed =
      Shape<OneOf<Id<"a", &Message::name, kRequired>, Id<"b", &Message::name, kRequired>>>;
  EXPECT_EQ(read<Needed>(R"({"b":7})"), "7|-|-|-|-|-|-|");
  EXPECT_EQ(read<Needed>(R"({"a":"x"})"), "x|-|-|-|-|-|-|");
  EXPECT_EQ(read<Needed>(R"({})"), "refused");
}

TEST(Shapes, flatten_what_is_inside) {
  using Flat =
      Loose<Field<"n", &Message::name>,
            Inside<"k", Field<"c", &Message::count, kRequired>, Field<"i", &Message::inner>>>;
  EXPECT_EQ(read<Flat>(R"({"k":{"i":2,"c":1,"z":[]},"n":"x"})"), "x|-|-|-|1|-|2|");
  EXPECT_EQ(read<Flat>(R"({"n":"x","k":{"i":2}})"), "refused");
  EXPECT_EQ(read<Flat>(R"({"n":"x"})"), "refused");
  using May = Loose<Inside<"k", Field<"i", &Message::inner>>>;
  Message before;
  before.inner = 9;
  EXPECT_EQ(read<May>(R"({"k":null})", before), "-|-|-|-|-|-|-|");
  EXPECT_EQ(read<May>(R"({})", before), "-|-|-|-|-|-|-|");
  EXPECT_EQ(read<May>(R"({"k":[]})", before), "refused");
}

TEST(Shapes, keep_what_is_not_said) {
  using Change = Loose<Field<"p", &Message::price, kKept>, Field<"c", &Message::count>>;
  Message before;
  before.price = Price{{15, -1}};
  before.count = 3;
  EXPECT_EQ(read<Change>(R"({"c":4})", before), "-|-|-|1.5|4|-|-|");
  EXPECT_EQ(read<Change>(R"({"p":null})", before), "-|-|-|1.5|-|-|-|");
  EXPECT_EQ(read<Change>(R"({"p":""})", before), "-|-|-|1.5|-|-|-|");
  EXPECT_EQ(read<Change>(R"({"p":"2"})", before), "-|-|-|2|-|-|-|");
}

TEST(Shapes, read_times_in_every_unit) {
  using Any = Loose<Field<"t", &Message::time>>;
  EXPECT_EQ(read<Any>(R"({"t":"1795000000123"})"), "-|1795000000123000000|-|-|-|-|-|");
  EXPECT_EQ(read<Any>(R"({"t":1795000000123456})"), "-|1795000000123456000|-|-|-|-|-|");
  EXPECT_EQ(read<Any>(R"({"t":1795000000123456789})"), "-|1795000000123456789|-|-|-|-|-|");
  EXPECT_EQ(read<Any>(R"({"t":1795000000})"), "-|1795000000000000000|-|-|-|-|-|");
  EXPECT_EQ(read<Any>(R"({"t":0})"), "-|0|-|-|-|-|-|");
  using Seconds = Loose<Field<"t", &Message::time, kSeconds>>;
  EXPECT_EQ(read<Seconds>(R"({"t":1795000000.25})"), "-|1795000000250000000|-|-|-|-|-|");
  EXPECT_EQ(read<Seconds>(R"({"t":"1795000000"})"), "-|1795000000000000000|-|-|-|-|-|");
  using Fraction = Loose<Field<"t", &Message::time, kMilliseconds>>;
  EXPECT_EQ(read<Fraction>(R"({"t":"1795000000128.457"})"), "-|1795000000128457000|-|-|-|-|-|");
  // Another unit than is documented.
  using Nanoseconds = Loose<Field<"t", &Message::time, kNanoseconds>>;
  for (const auto* count :
       {"1795000000", "1795000000000", "1795000000000000", "1795000000000000000"}) {
    const auto text = std::string{R"({"t":")"}.append(count).append("\"}");
    EXPECT_EQ(read<Seconds>(text), "-|1795000000000000000|-|-|-|-|-|") << text;
    EXPECT_EQ(read<Fraction>(text), "-|1795000000000000000|-|-|-|-|-|") << text;
    EXPECT_EQ(read<Nanoseconds>(text), "-|1795000000000000000|-|-|-|-|-|") << text;
  }
  EXPECT_EQ(read<Seconds>(R"({"t":0})"), "-|0|-|-|-|-|-|");
  using Iso = Loose<Field<"t", &Message::time, kRfc3339>>;
  EXPECT_EQ(read<Iso>(R"({"t":"2026-11-19T10:13:20.000001Z"})"),
            "-|1795083200000001000|-|-|-|-|-|");
  EXPECT_EQ(read<Iso>(R"({"t":"2026-11-19T10:13:20+00:00"})"), "-|1795083200000000000|-|-|-|-|-|");
  for (const auto* same : {"2026-11-19T18:13:20+08:00", "2026-11-19t10:13:20z",
                           "2026-11-19 04:43:20.000-0530", "2026-11-19T10:13:20-00:00"}) {
    const auto text = std::string{R"({"t":")"}.append(same).append("\"}");
    EXPECT_EQ(read<Iso>(text), "-|1795083200000000000|-|-|-|-|-|") << text;
  }
  for (const auto* none : {"yesterday", "2026-11-19T10:13:20", "2026-11-19T10:13:20+25:00",
                           "2026-11-19T10:13:20+8:00", "2026-11-19"}) {
    const auto text = std::string{R"({"t":")"}.append(none).append("\"}");
    EXPECT_EQ(read<Iso>(text), "refused") << text;
  }
  EXPECT_EQ(read<Iso>(R"({"t":null})"), "-|-|-|-|-|-|-|");
}

TEST(Shapes, read_sides_as_venues_spell_them) {
  using Maker = Loose<Field<"m", &Message::side, kMakerIsBuyer>>;
  EXPECT_EQ(read<Maker>(R"({"m":true})"), "-|-|sell|-|-|-|-|");
  using Makers = Loose<Field<"m", &Message::side, kMakersSide>>;
  EXPECT_EQ(read<Makers>(R"({"m":"sell"})"), "-|-|buy|-|-|-|-|");
  using Letters = Loose<Field<"m", &Message::side, kSides<"B", "A">>>;
  EXPECT_EQ(read<Letters>(R"({"m":"A"})"), "-|-|sell|-|-|-|-|");
  EXPECT_EQ(read<Letters>(R"({"m":"X"})"), "-|-|-|-|-|-|-|");
}

TEST(Shapes, read_steps_told_as_decimal_places) {
  using Step = Loose<Field<"s", &Message::price, kStepOfPlaces>>;
  EXPECT_EQ(read<Step>(R"({"s":2})"), "-|-|-|0.01|-|-|-|");
  EXPECT_EQ(read<Step>(R"({"s":"0"})"), "-|-|-|1|-|-|-|");
  EXPECT_EQ(read<Step>(R"({"s":-1})"), "-|-|-|10|-|-|-|");
  for (const auto* none : {R"({"s":37})", R"({"s":-19})", R"({"s":null})", R"({})"})
    EXPECT_EQ(read<Step>(none), "-|-|-|-|-|-|-|") << none;
  EXPECT_EQ(read<Step>(R"({"s":"two"})"), "refused");
}

TEST(Shapes, read_numbers_counted_in_units) {
  using Percent = Loose<Field<"p", &Message::state, kScaled<-2>>>;
  EXPECT_EQ(read<Percent>(R"({"p":"1.50"})"), "-|-|-|-|-|0.0150|-|");
  EXPECT_EQ(read<Percent>(R"({"p":-3})"), "-|-|-|-|-|-0.03|-|");
  for (const auto* none : {R"({"p":""})", R"({"p":null})", R"({})"})
    EXPECT_EQ(read<Percent>(none), "-|-|-|-|-|-|-|") << none;
  EXPECT_EQ(read<Percent>(R"({"p":"much"})"), "refused");
}

TEST(Shapes, read_levels_of_every_form) {
  using Places = Loose<Field<"l", &Message::levels, kLevelsAt<1, 2>>>;
  EXPECT_EQ(read<Places>(R"({"l":[["new",1.5,2],["delete",3,0,{"a":1}]]})"),
            "-|-|-|-|-|-|-|1.5x2 3x0 ");
  EXPECT_EQ(read<Places>(R"({"l":[]})"), "-|-|-|-|-|-|-|");
  EXPECT_EQ(read<Places>(R"({"l":[["new",1.5]]})"), "refused");
  EXPECT_EQ(read<Places>(R"({})"), "refused");
  using Keys = Loose<Field<"l", &Message::levels, kLevelKeys<"px", "sz">, kOptional>>;
  EXPECT_EQ(read<Keys>(R"({"l":[{"px":"1","sz":"2","n":3},{"n":1,"sz":4,"px":5}]})"),
            "-|-|-|-|-|-|-|1x2 5x4 ");
  EXPECT_EQ(read<Keys>(R"({"l":[{"px":"1"}]})"), "refused");
  EXPECT_EQ(read<Keys>(R"({"l":null})"), "-|-|-|-|-|-|-|");
  EXPECT_EQ(read<Keys>(R"({})"), "-|-|-|-|-|-|-|");
}

TEST(Shapes, read_rows_with_cells) {
  using Cells = Row<kPass, cell<&Message::time, kSeconds>, &Message::name, kPass,
                    cell<&Message::words, kOptional>>;
  EXPECT_EQ(read<Cells>(R"([{"a":[]},1795000000,"x",null,["u","v"],7])"),
            "x|1795000000000000000|-|-|-|-|-|u v ");
  EXPECT_EQ(read<Cells>(R"([1,2,"x"])"), "x|2000000000|-|-|-|-|-|");
  EXPECT_EQ(read<Cells>(R"([])"), "-|-|-|-|-|-|-|");
  EXPECT_EQ(read<Cells>(R"({})"), "refused");
}

TEST(Shapes, leave_out_optional_numbers_that_do_not_fit) {
  using Numbers = Loose<Field<"p", &Message::price>, Field<"c", &Message::count>,
                        Field<"t", &Message::time>, Field<"n", &Message::name>>;
  JsonReader json;
  Message message;
  const auto read_all = [&](std::string_view text) {
    return json.read<true>([&](auto& in) { return in.template read<Numbers>(text, message); });
  };
  ASSERT_TRUE(read_all(R"({"p":"12345678901234567890.5","c":99999999999999999999,)"
                       R"("t":"88888888888888888888","n":"x"})"));
  EXPECT_EQ(text_of(message), "x|-|-|-|-|-|-|");
  EXPECT_EQ(json.left_out(), 3U);
  ASSERT_TRUE(read_all(R"({"p":1,"n":"y"})"));
  EXPECT_EQ(json.left_out(), 0U);
  EXPECT_FALSE(read_all(R"({"p":"12x"})")) << "no number at all";
  // What a message must have may be too long, and costs itself alone; not so what orders messages.
  using Must = Loose<Field<"p", &Message::price, kRequired>>;
  EXPECT_EQ(read<Must>(R"({"p":"12345678901234567890.5"})"), "slow:-|-|-|-|-|-|-|");
  for (const auto* none : {R"({"p":null})", R"({"p":""})", R"({"p":"x"})", "{}"})
    EXPECT_EQ(read<Must>(none), "refused") << none;
  using Counted = Loose<Field<"c", &Message::count, kRequired>>;
  EXPECT_EQ(read<Counted>(R"({"c":99999999999999999999})"), "refused");
  using Timed = Loose<Field<"t", &Message::time, kRequired>>;
  EXPECT_EQ(read<Timed>(R"({"t":"88888888888888888888"})"), "refused");
}

struct First {
  std::optional<std::string_view> kind;
};
using FirstShape = Shape<Field<"e", &First::kind>, Rest>;

TEST(Rest, lets_the_scanner_look_at_the_first_keys_only) {
  Scanner scanner;
  ExactReader exact;
  First first;
  ASSERT_TRUE(scanner.read<FirstShape>(R"({"e":"trade","p":[1,{"q":2}]})", first));
  EXPECT_EQ(first.kind, "trade");
  ASSERT_TRUE(scanner.read<FirstShape>(R"({"u":5})", first));
  EXPECT_EQ(first.kind, std::nullopt);
  ASSERT_TRUE(exact.read<FirstShape>(R"({"p":1,"e":"trade"})", first));
  EXPECT_EQ(first.kind, "trade");
  EXPECT_FALSE(scanner.read<FirstShape>(R"({"e":"trade","p":1)", first));
}

TEST(JsonReader, runs_the_exact_reader_only_when_the_scanner_cannot) {
  JsonReader json;
  int runs = 0;
  const auto read = [&](std::string_view text) {
    runs = 0;
    return json.read<true>([&](auto& in) {
      ++runs;
      First first;
      return in.template read<Shape<Field<"e", &First::kind>>>(text, first);
    });
  };
  EXPECT_TRUE(read(R"({"e":"x"})"));
  EXPECT_EQ(runs, 1);
  EXPECT_FALSE(json.used_exact());
  EXPECT_TRUE(read(R"({"more":1,"e":"x"})"));
  EXPECT_EQ(runs, 1);
  EXPECT_TRUE(read(R"({"e" : "x"})"));
  EXPECT_EQ(runs, 2);
  EXPECT_TRUE(json.used_exact());
  EXPECT_FALSE(read("{"));
  EXPECT_FALSE(json.problem().empty());
}

// Whatever the scanner accepts, the exact reader reads to the same values.
TEST(Shapes, never_disagree_on_mutated_texts) {
  using All = Loose<OneOf<Field<"n", &Message::name>, Field<"nn", &Message::name>>,
                    Field<"t", &Message::time, kMilliseconds>, Field<"s", &Message::side>,
                    Field<"p", &Message::price, kKept>, Inside<"k", Field<"c", &Message::count>>,
                    Field<"l", &Message::levels, kLevelsAt<1, 0>, kOptional>,
                    Field<"w", &Message::words, kOptional>>;
  constexpr std::string_view kText =
      R"({"nn":"x","t":1795000000123.5,"zz":{"a":[1,{"b":null}]},"s":"buy","p":"1.50",)"
      R"("k":{"c":4,"d":[]},"l":[[2,"1.5"],[0,3]],"w":["a","b"]})";
  constexpr std::string_view kBytes = "\"\\{}[]:,.-+0123456789eEtrufalsn \n\x80";
  std::mt19937 random{7};
  std::size_t accepted = 0;
  for (int round = 0; round < 100'000; ++round) {
    std::string text{kText};
    for (std::size_t edits = 1 + random() % 3; edits > 0; --edits) {
      const std::size_t at = random() % text.size();
      if (random() % 2 == 0) {
        text[at] = kBytes[random() % kBytes.size()];
      } else {
        text.erase(at, 1 + random() % 6);
      }
      if (text.empty()) text = "{";
    }
    const auto what = read<All>(text);
    accepted += what != "refused" && !what.starts_with("slow:") ? 1U : 0U;
  }
  EXPECT_GT(accepted, 2'000U);
}

}  // namespace
}  // namespace mp::codec
