// The two readers of a shape: what each takes, and that they agree.
#include "codec/json_reader.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <sstream>

namespace mp::codec {
namespace {

struct Inner {
  std::string_view name;
  std::optional<std::int64_t> count;
};
using InnerShape = Shape<Field<"n", &Inner::name>, Field<"c", &Inner::count>>;

struct RowMessage {
  Timestamp time;
  Price price;
  std::optional<Quantity> quantity;
};
using RowShape = Row<&RowMessage::time, &RowMessage::price, &RowMessage::quantity>;

struct Base {
  std::optional<std::string_view> symbol;
};
struct Everything : Base {
  std::string_view text;
  std::string_view id;
  std::optional<std::string_view> other_id;
  Price price;
  std::optional<Quantity> quantity;
  std::int64_t integer = 0;
  bool flag = false;
  Timestamp time;
  std::optional<Side> side;
  std::optional<Decimal> must;
  Inner inner;
  std::optional<Inner> maybe;
  std::vector<Level> levels;
  RowList<Inner> list;
  RowList<RowMessage> rows;
  std::optional<Raw> tail;
};
using EverythingShape =
    Shape<Field<"s", &Base::symbol>, Field<"text", &Everything::text>, Id<"id", &Everything::id>,
          Id<"oid", &Everything::other_id>, Field<"p", &Everything::price>,
          Field<"q", &Everything::quantity>, Field<"i", &Everything::integer>,
          Field<"f", &Everything::flag>, Field<"t", &Everything::time>, Skip<"skip">,
          Field<"side", &Everything::side>, Field<"must", &Everything::must, kRequired>,
          Object<"in", &Everything::inner, InnerShape>,
          Object<"maybe", &Everything::maybe, InnerShape>, Field<"l", &Everything::levels>,
          Rows<"list", &Everything::list, InnerShape>, Rows<"rows", &Everything::rows, RowShape>,
          Tail<"tail", &Everything::tail>>;

constexpr std::string_view kUsual =
    R"({"s":"BTC","text":"hello","id":17,"oid":"x","p":"1.50","q":2,"i":-3,"f":true,)"
    R"("t":"1795000000123","skip":-1.5e3,"side":"SELL","must":"7","in":{"n":"a","c":4},)"
    R"("maybe":{"n":"b"},"l":[["1.0","2"],[3,4,"0",null,true]],"list":[{"n":"r","c":""},{"n":""}],)"
    R"("rows":[[1,"2.5",3],["4",5,"",6],[7,8]],"tail":[{"deep":1}]})";

// All of a message in words, so that two readings can be compared.
std::string spelled(const Everything& m) {
  std::ostringstream out;
  const auto put = [&](const auto& optional) {
    if (optional) {
      out << *optional << '|';
    } else {
      out << "none|";
    }
  };
  const auto number = [](const auto& value) {
    return value ? std::optional{to_string(value->decimal)} : std::nullopt;
  };
  put(m.symbol);
  out << m.text << '|' << m.id << '|';
  put(m.other_id);
  out << to_string(m.price.decimal) << '|';
  put(number(m.quantity));
  out << m.integer << '|' << m.flag << '|' << to_nanoseconds(m.time) << '|';
  put(m.side ? std::optional{name_of(*m.side)} : std::nullopt);
  put(m.must ? std::optional{to_string(*m.must)} : std::nullopt);
  const auto inner = [&](const Inner& value) {
    out << value.name << '/';
    put(value.count);
  };
  inner(m.inner);
  if (m.maybe) inner(*m.maybe);
  for (const auto& level : m.levels)
    out << to_string(level.price().decimal) << 'x' << to_string(level.quantity().decimal) << '|';
  for (const auto& value : m.list) inner(value);
  for (const auto& row : m.rows) {
    out << to_nanoseconds(row.time) << '@' << to_string(row.price.decimal) << ',';
    put(number(row.quantity));
  }
  put(m.tail ? std::optional{m.tail->json} : std::nullopt);
  return out.str();
}

// Both readers are kept from one text to the next, as adapters keep them: nothing of an earlier
// message may show in a later one. The text lies in a buffer of exactly its size.
class Readers : public ::testing::Test {
 protected:
  std::optional<std::string> scanned(std::string_view text) {
    return read(scanner_, by_scanner_, text);
  }
  std::optional<std::string> exact(std::string_view text) {
    exact_.restart();
    return read(exact_, by_exact_, text);
  }

  // What both make of a text that is not in the usual form.
  std::optional<std::string> surprising(std::string_view text) {
    EXPECT_EQ(scanned(text), std::nullopt) << text;
    return exact(text);
  }

  Scanner scanner_;
  ExactReader exact_;
  Everything by_scanner_;
  Everything by_exact_;

 private:
  template <class Reader>
  static std::optional<std::string> read(Reader& reader, Everything& message,
                                         std::string_view text) {
    const auto buffer = std::make_unique<char[]>(text.size());
    text.copy(buffer.get(), text.size());
    if (!reader.template read<EverythingShape>(std::string_view{buffer.get(), text.size()},
                                               message))
      return std::nullopt;
    return spelled(message);
  }
};

std::string with(std::string_view what, std::string_view instead) {
  std::string text{kUsual};
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), instead);
}

constexpr std::string_view kUsualSpelled =
    "BTC|hello|17|x|1.50|2|-3|1|1795000000123000000|sell|7|a/4|b/none|1.0x2|3x4|r/none|/none|"
    "1000000@2.5,3|4000000@5,none|7000000@8,none|[{\"deep\":1}]|";

TEST_F(Readers, agree_on_the_usual_form) {
  EXPECT_EQ(scanned(kUsual), kUsualSpelled);
  EXPECT_EQ(exact(kUsual), kUsualSpelled);
}

TEST_F(Readers, take_optional_members_as_absent_when_missing_null_or_empty) {
  for (const auto& text : {with(R"("s":"BTC",)", ""), with(R"("s":"BTC")", R"("s":null)"),
                           with(R"("s":"BTC")", R"("s":"")")}) {
    EXPECT_EQ(scanned(text)->substr(0, 5), "none|") << text;
    EXPECT_EQ(exact(text), scanned(text));
  }
  for (const auto& text :
       {with(R"("q":2,)", ""), with(R"("q":2)", R"("q":null)"), with(R"("q":2)", R"("q":"")"),
        with(R"("oid":"x",)", ""), with(R"("oid":"x")", R"("oid":null)"),
        with(R"("side":"SELL",)", ""), with("SELL", "auction"), with(R"("maybe":{"n":"b"},)", ""),
        with(R"(,"tail":[{"deep":1}])", "")}) {
    ASSERT_TRUE(scanned(text)) << text;
    EXPECT_NE(scanned(text)->find("none|"), std::string::npos);
    EXPECT_EQ(exact(text), scanned(text)) << text;
  }
  EXPECT_EQ(*surprising(with(R"("maybe":{"n":"b"})", R"("maybe":null)")),
            *exact(with(R"("maybe":{"n":"b"},)", "")));
}

TEST_F(Readers, refuse_what_lacks_a_required_member) {
  for (const auto* member :
       {R"("text":"hello",)", R"("id":17,)", R"("p":"1.50",)", R"("i":-3,)", R"("f":true,)",
        R"("t":"1795000000123",)", R"("must":"7",)", R"("in":{"n":"a","c":4},)", R"("n":"a",)",
        R"("l":[["1.0","2"],[3,4,"0",null,true]],)"}) {
    EXPECT_EQ(surprising(with(member, "")), std::nullopt) << member;
    EXPECT_NE(exact_.problem().find("is missing"), std::string::npos) << exact_.problem();
  }
  EXPECT_EQ(surprising(with(R"("must":"7")", R"("must":"")")), std::nullopt);
  EXPECT_EQ(surprising(with(R"("must":"7")", R"("must":null)")), std::nullopt);
  EXPECT_EQ(surprising(with("[7,8]", "[7]")), std::nullopt);
}

TEST_F(Readers, refuse_values_of_another_type) {
  for (const auto& [what, instead] : std::vector<std::pair<std::string_view, std::string_view>>{
           {R"("hello")", "5"},
           {R"("hello")", "null"},
           {R"("id":17)", R"("id":true)"},
           {R"("id":17)", "\"id\":[]"},
           {R"("1.50")", R"("1.5x")"},
           {R"("1.50")", "true"},
           {R"("1.50")", R"("")"},
           {R"("1.50")", "{}"},
           {"-3", "-3.5"},
           {"-3", R"("")"},
           {"true", "1"},
           {"true", R"("true")"},
           {"1795000000123", "99999999999999999"},
           {R"({"n":"a","c":4})", "null"},
           {R"({"n":"a","c":4})", "[]"},
           {R"([["1.0","2"],)", R"([["1.0"],)"},
           {R"([["1.0","2"],)", "[7,"},
           {R"([["1.0","2"],)", "[[[],1],"},
           {R"("side":"SELL")", R"("side":1)"},
           {R"([{"n":"r","c":""},)", "[5,"},
           {"[7,8]", "{}"},
           {R"("q":2)", R"("q":{})"}}) {
    EXPECT_EQ(surprising(with(what, instead)), std::nullopt) << what << " -> " << instead;
    EXPECT_FALSE(exact_.problem().empty());
  }
}

TEST_F(Readers, refuse_numbers_that_json_does_not_allow) {
  for (const auto* number :
       {"01", "+1", "1.", ".5", "1e", "--1", "0x1", "1_0", "-", "NaN", "Infinity", "1 2"}) {
    for (const auto& text :
         {with(R"("1.50")", number), with(R"("id":17)", "\"id\":" + std::string{number}),
          with(R"("q":2)", "\"q\":" + std::string{number})}) {
      EXPECT_EQ(surprising(text), std::nullopt) << text;
    }
    EXPECT_EQ(scanned(with("-1.5e3", number)), std::nullopt) << "skipped " << number;
  }
}

// Another order, further keys, a key twice (the last one counts), further elements.
TEST_F(Readers, take_keys_in_any_order_and_pass_over_others) {
  const std::string usual{kUsualSpelled};
  for (const auto& text :
       {with(R"("s":"BTC","text":"hello",)", R"("text":"hello","s":"BTC",)"),
        with(R"("text")", R"("new":{"p":[1,"]"]},"text")"),
        with(R"("n":"a","c":4)", R"("c":4,"zz":[{},[]],"n":"a")"),
        with(R"({"n":"r","c":""})", R"({"zz":null,"c":"","n":"r"})"),
        with(R"("i":-3)", R"("i":9,"i":-3)"), with(R"([3,4,"0",null,true])", R"([3,4,{"a":[]}])"),
        with(R"(,"",6])", R"(,"",{}])")}) {
    EXPECT_EQ(scanned(text), usual) << text;
    EXPECT_EQ(exact(text), usual) << text;
  }
  const auto twice = with(R"("s":"BTC")", R"("s":"BTC","s":"")");
  EXPECT_EQ(scanned(twice)->substr(0, 5), "none|");
  EXPECT_EQ(exact(twice), scanned(twice));
}

TEST_F(Readers, take_no_invalid_value_under_a_key_of_no_interest) {
  for (const auto* value : {"", "{", "[", "[1,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}",
                            "[1 2]", "01", "tru", "\"", "]", "{\"a\":1]", "[}", "1x"}) {
    const auto text = with(R"("text")", R"("new":)" + std::string{value} + R"(,"text")");
    EXPECT_EQ(scanned(text), std::nullopt) << text;
  }
  const std::string deep = std::string(40, '[') + std::string(40, ']');  // for the exact reader
  EXPECT_EQ(surprising(with(R"("text")", R"("new":)" + deep + R"(,"text")")), kUsualSpelled);
}

TEST_F(Readers, leave_the_unusual_to_the_exact_reader) {
  const std::string usual{kUsualSpelled};
  EXPECT_EQ(surprising(with(R"(,"tail")", R"( , "tail")")), usual);
  EXPECT_EQ(surprising(with(R"("text":)", R"("text" : )")), usual);
  EXPECT_EQ(surprising(" " + std::string{kUsual} + "\n"), usual);
  // Escapes in keys and values, text beyond ASCII.
  EXPECT_EQ(surprising(with("hello", R"(h\u0065llo)")), usual);
  EXPECT_EQ(surprising(with(R"("text")", R"("te\u0078t")")), usual);
  EXPECT_NE(surprising(with("hello", "h\xC3\xA4llo"))->find("h\xC3\xA4llo"), std::string::npos);
  EXPECT_NE(surprising(with("hello", R"(\"\\\/\n)"))->find("\"\\/\n"), std::string::npos);
  EXPECT_EQ(surprising(with("hello", "h\xC3llo")), std::nullopt);
  EXPECT_EQ(surprising(with("hello", "h\nllo")), std::nullopt);
}

TEST_F(Readers, refuse_every_cut_text) {
  for (std::size_t size = 0; size < kUsual.size(); ++size) {
    const auto cut = kUsual.substr(0, size);
    EXPECT_EQ(exact(cut), std::nullopt) << cut;
    // Inside a Tail the scanner cannot tell: whoever reads the Tail will.
    if (cut.find("\"tail\":") == std::string_view::npos) {
      EXPECT_EQ(scanned(cut), std::nullopt) << cut;
    }
  }
}

// The last quote of a longer text, left in the reader's buffer, stands right behind a text that is
// cut where a string should begin: it must not be taken for the beginning of one.
TEST_F(Readers, never_complete_a_cut_text_from_the_one_before) {
  struct Message {
    std::optional<std::string_view> text;
  };
  using MessageShape = Loose<Field<"b", &Message::text>>;
  Message message;
  exact_.restart();
  ASSERT_TRUE(exact_.read<MessageShape>(R"({"b":"12345"})", message));
  exact_.restart();
  EXPECT_FALSE(exact_.read<MessageShape>(R"({"a":1,"b":)", message));
}

TEST_F(Readers, refuse_text_after_the_end) {
  for (const auto* more : {"}", "{}", ",", "x", "]", "\"\"", " 1"}) {
    const std::string text = std::string{kUsual} + more;
    EXPECT_EQ(exact(text), std::nullopt) << more;
  }
  // The scanner takes a Tail as it comes; whoever reads it finds the rest in it.
  EXPECT_TRUE(scanned(std::string{kUsual} + "}")->ends_with("|[{\"deep\":1}]}|"));
  EXPECT_EQ(scanned(with(R"(,"tail":[{"deep":1}])", "") + "}"), std::nullopt);
}

TEST_F(Readers, read_arrays_of_messages) {
  RowList<RowMessage> rows;
  for (const auto* text : {"[]", "[[1,2]]", "[[1,2,3],[4,5,\"\"]]", "[[1,2,3,[]]]"}) {
    ASSERT_TRUE(scanner_.read_rows<RowShape>(text, rows)) << text;
    const std::size_t count = rows.size();
    ASSERT_TRUE(exact_.read_rows<RowShape>(text, rows)) << text;
    EXPECT_EQ(rows.size(), count);
  }
  for (const auto* text :
       {"", "[", "{}", "[[1]]", "[[1,2]", "[[1,2],]", "[[1,2]]x", "[1,2]", "null"}) {
    EXPECT_FALSE(scanner_.read_rows<RowShape>(text, rows)) << text;
    EXPECT_FALSE(exact_.read_rows<RowShape>(text, rows)) << text;
  }
}

// Whatever the scanner accepts, the exact reader reads to the same values.
TEST_F(Readers, never_disagree_on_mutated_texts) {
  constexpr std::string_view kBytes = "\"\\{}[]:,.-+0123456789eEtrufalsn \n\x80\xC3\xA4";
  std::mt19937 random{42};
  std::size_t accepted = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string text{kUsual};
    text.erase(text.rfind(",\"tail"));  // a Tail is proven by whoever reads it
    text.push_back('}');
    for (std::size_t edits = 1 + random() % 4; edits > 0; --edits) {
      const std::size_t at = random() % text.size();
      const char byte = kBytes[random() % kBytes.size()];
      switch (random() % 4) {
        case 0:
          text[at] = byte;
          break;
        case 1:
          text.insert(at, 1, byte);
          break;
        case 2:
          text.erase(at, 1 + random() % 8);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), random() % 24));
      }
      if (text.empty()) text = "{";
    }
    const auto fast = scanned(text);
    if (!fast) continue;
    ++accepted;
    ASSERT_EQ(exact(text), fast) << text << "\n" << exact_.problem();
  }
  EXPECT_GT(accepted, 4'000U);
}

TEST_F(Readers, keep_their_memory_once_warm) {
  ASSERT_TRUE(scanned(kUsual));
  const Level* const levels = by_scanner_.levels.data();  // levels and rows are no views
  const Inner* const first_row = &by_scanner_.list[0];
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(scanned(kUsual));
  EXPECT_EQ(by_scanner_.levels.data(), levels);
  EXPECT_EQ(&by_scanner_.list[0], first_row);
}

// Of a listing: what stands beside an entry that cannot be read is read.
TEST(BadRows, are_left_out_where_that_is_allowed) {
  struct Entry {
    std::string_view name;
    std::optional<Decimal> tick;
  };
  struct Listing {
    RowList<Entry> entries;
  };
  using EntryShape = Loose<Field<"n", &Entry::name>, Field<"t", &Entry::tick>>;
  using ListingShape = Loose<Rows<"l", &Listing::entries, EntryShape>>;
  constexpr std::string_view kMixed = R"({"l":[{"n":"A","t":"1"},{"t":2},null,{"n":5},)"
                                      R"({"n":"B","t":"x","more":[{}]},[],7,{"n":"C"}]})";
  ExactReader reader;
  Listing listing;
  EXPECT_FALSE(reader.read<ListingShape>(kMixed, listing));
  reader.leave_out_bad_rows();
  reader.restart();
  ASSERT_TRUE(reader.read<ListingShape>(kMixed, listing)) << reader.problem();
  ASSERT_EQ(listing.entries.size(), 2U);
  EXPECT_EQ(listing.entries[0].name, "A");
  EXPECT_EQ(listing.entries[1].name, "C");
  EXPECT_FALSE(listing.entries[1].tick);
  EXPECT_EQ(reader.bad_rows().count, 6U);
  EXPECT_EQ(reader.bad_rows().first, "\"n\" is missing");
  RowList<Entry> rows;
  reader.restart();
  ASSERT_TRUE(reader.read_rows<EntryShape>(R"([5,{"n":"A"}])", rows));
  EXPECT_EQ(rows.size(), 1U);
  EXPECT_EQ(reader.bad_rows().count, 1U);
  EXPECT_FALSE(reader.read_rows<EntryShape>(R"([{"x":1},{}])", rows)) << "none of it is read";
  EXPECT_TRUE(reader.read_rows<EntryShape>("[]", rows));
  EXPECT_FALSE(reader.read_rows<EntryShape>(R"([{"n":"A"},{"n":)", rows)) << "it is cut off";
}

}  // namespace
}  // namespace mp::codec
