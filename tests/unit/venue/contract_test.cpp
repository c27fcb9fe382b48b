// What every registered venue must hold to, on the frames of its golden folder.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <memory>
#include <random>
#include <set>

#include "venue/rest.hpp"
#include "venue/topics.hpp"
#include "venue_testing.hpp"

namespace mp::venue {
namespace {

namespace od = simdjson::ondemand;
using testing::Collector;
using testing::lines_of;
using testing::read_file;
using testing::with_word_for_number;

constexpr auto kReceived = from_nanoseconds(1'795'000'000'000'000'000);

struct Read {
  Reading reading;
  Verdict verdict;
  std::vector<std::string> events;
  std::size_t answers = 0;  // status events among them
};
// The frame lies in a buffer of exactly its size, so that the sanitizer sees a read past its end.
Read read(Decoder& decoder, std::string_view frame) {
  const auto exact = std::make_unique<char[]>(frame.size());
  frame.copy(exact.get(), frame.size());
  Collector collector;
  const auto reading = decoder.read({exact.get(), frame.size()}, kReceived, collector);
  if (reading.verdict == Verdict::malformed) {
    EXPECT_FALSE(reading.problem.empty());
  }
  return {reading, reading.verdict, collector.lines, collector.count(Channel::status)};
}

class EveryVenue : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    adapter = make_adapter(GetParam());
    ASSERT_NE(adapter, nullptr);
    const auto file = std::filesystem::path{MP_TESTS_DIR} / "golden" / GetParam() / "frames.jsonl";
    for (const auto& text : lines_of(read_file(file))) {
      auto line = testing::golden_line(text);
      if (line.kind == testing::GoldenLine::Kind::frame) frames.push_back(std::move(line.data));
    }
    ASSERT_FALSE(frames.empty());
  }

  // A session that has read the first `count` frames.
  std::unique_ptr<Decoder> session_after(std::size_t count) const {
    auto decoder = adapter->decoder();
    for (std::size_t i = 0; i < count; ++i) (void)read(*decoder, frames[i]);
    return decoder;
  }

  std::unique_ptr<Adapter> adapter;
  std::vector<std::string> frames;
};

struct Rewriting {
  bool reversed = false;
  std::string_view added;  // a further member of every object
  std::string_view space;  // between tokens
};

// `json` again with the same facts, written another way.
std::string rewritten(od::value json, const Rewriting& how) {
  std::vector<std::string> parts;
  const auto joined = [&](char open, char close) {
    if (how.reversed && open == '{') std::ranges::reverse(parts);
    std::string out{open};
    for (const auto& part : parts) {
      if (out.size() > 1) out.append(how.space).append(",");
      out.append(how.space).append(part);
    }
    return out.append(how.space).append(1, close);
  };
  if (json.type() == od::json_type::object) {
    for (auto field : json.get_object()) {
      std::string part;
      codec::append_json_string(std::string_view{field.unescaped_key()}, part);
      part.append(how.space).append(":").append(how.space);
      parts.push_back(part.append(rewritten(field.value(), how)));
    }
    if (!how.added.empty())
      parts.insert(parts.begin() + (parts.empty() ? 0 : 1), std::string{how.added});
    return joined('{', '}');
  }
  if (json.type() == od::json_type::array) {
    for (auto element : json.get_array()) parts.push_back(rewritten(element.value(), how));
    return joined('[', ']');
  }
  std::string token{std::string_view{json.raw_json_token()}};
  while (token.ends_with(' ')) token.pop_back();
  return token;
}

std::string rewritten(const std::string& frame, const Rewriting& how) {
  od::parser parser;
  const simdjson::padded_string padded{frame};
  auto document = parser.iterate(padded);
  return rewritten(od::value{document.get_value()}, how);
}

bool is_json(const std::string& frame) {
  return frame.starts_with('{') || frame.starts_with('[');
}

TEST_P(EveryVenue, states_its_traits) {
  const Traits& traits = adapter->traits();
  EXPECT_EQ(traits.name, GetParam());
  EXPECT_TRUE(traits.ws_url.starts_with("wss://"));
  EXPECT_EQ(traits.ws_url.find('/', 6), std::string_view::npos) << "the path is Traits::path";
  EXPECT_TRUE(traits.path.starts_with("/"));
  EXPECT_TRUE(traits.rest_url.starts_with("https://"));
  EXPECT_TRUE(traits.docs_url.starts_with("https://"));
  EXPECT_FALSE(channels_of(traits).empty());
  EXPECT_GE(traits.limits.topics_per_session, traits.limits.topics_per_request);
  EXPECT_GE(traits.limits.topics_per_request, 1U);
  EXPECT_GT(traits.stale_after, traits.ping.every);
  EXPECT_EQ(route_of(traits, Channel::candle) == nullptr, traits.intervals.empty());
}

TEST_P(EveryVenue, says_where_each_fact_stands) {
  const Traits& traits = adapter->traits();
  EXPECT_FALSE(traits.requests.source.empty());
  EXPECT_FALSE(traits.limits.source.empty());
  EXPECT_TRUE(traits.ping.text.empty() || !traits.ping.source.empty());
  EXPECT_TRUE(route_of(traits, Channel::book) == nullptr || !traits.book_source.empty());
  const auto is_evidence = [](std::string_view text) {
    return text.starts_with("recorded 20") || text.starts_with("pair ") || text == "documented";
  };
  for (const auto& route : traits.routes) EXPECT_TRUE(is_evidence(route.evidence)) << route.topic;
  for (const auto& endpoint : traits.endpoints)
    EXPECT_TRUE(is_evidence(endpoint.evidence)) << endpoint.target;
}

TEST_P(EveryVenue, takes_no_cut_frame_for_data) {
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (!is_json(frames[i])) continue;
    const auto decoder = session_after(i);
    for (std::size_t size = 0; size < frames[i].size(); ++size) {
      const auto result = read(*decoder, frames[i].substr(0, size));
      ASSERT_NE(result.verdict, Verdict::data) << frames[i].substr(0, size);
      ASSERT_TRUE(result.events.empty()) << frames[i].substr(0, size);
    }
  }
}

TEST_P(EveryVenue, reads_the_same_facts_however_they_are_written) {
  std::size_t compared = 0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (!is_json(frames[i])) continue;
    const auto plain = read(*session_after(i), frames[i]);
    if (plain.verdict != Verdict::data) continue;
    for (const Rewriting& how :
         {Rewriting{.reversed = true, .added = {}, .space = {}},
          Rewriting{.reversed = false, .added = {}, .space = " \n\t"},
          Rewriting{.reversed = false,
                    .added = R"("zz_new":{"e":[1,null,"x]}\"",{"data":[]}]})",
                    .space = {}},
          Rewriting{.reversed = true, .added = R"("zz":null)", .space = " "}}) {
      const std::string other = rewritten(frames[i], how);
      const auto result = read(*session_after(i), other);
      ASSERT_EQ(result.verdict, Verdict::data) << other;
      ASSERT_EQ(result.events, plain.events) << other;
      ++compared;
    }
  }
  EXPECT_GE(compared, 20U);
}

TEST_P(EveryVenue, passes_over_unknown_keys_quickly) {
  std::size_t slow = 0;
  std::size_t data = 0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (!is_json(frames[i]) || !frames[i].starts_with('{')) continue;
    const auto plain = read(*session_after(i), frames[i]);
    if (plain.verdict != Verdict::data || plain.reading.unusual) continue;
    ++data;
    const Rewriting new_key{.reversed = false, .added = R"("zz_new":{"a":[1,"b"]})", .space = {}};
    if (read(*session_after(i), rewritten(frames[i], new_key)).reading.unusual) ++slow;
  }
  EXPECT_EQ(slow, 0U) << "of " << data;
}

TEST_P(EveryVenue, hands_nothing_but_answers_over_unless_a_frame_is_data) {
  std::mt19937 random{1};
  auto decoder = session_after(frames.size());
  for (int round = 0; round < 10'000; ++round) {
    if (round % 500 == 0) decoder = session_after(frames.size());
    std::string frame = frames[random() % frames.size()];
    if (frame.empty()) continue;
    for (std::size_t edits = 1 + random() % 3; edits > 0; --edits) {
      constexpr std::string_view kBytes = "\"\\{}[]:,0-.eE1 tfn\x80\xff";
      char& byte = frame[random() % frame.size()];
      byte = random() % 4 == 0 ? static_cast<char>(random()) : kBytes[random() % kBytes.size()];
    }
    const auto result = read(*decoder, frame);
    if (result.verdict != Verdict::data) {
      ASSERT_EQ(result.events.size(), result.answers) << frame;
    }
  }
}

// A text that ends in another one: what is looked for then lies over itself.
TEST_P(EveryVenue, stands_any_piece_between_quotes_cut_out) {
  constexpr std::size_t kQuotesMax = 60;  // of a frame
  constexpr std::size_t kReach = 4;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    std::vector<std::size_t> quotes;
    for (auto at = frames[i].find('"'); at != std::string::npos && quotes.size() < kQuotesMax;
         at = frames[i].find('"', at + 1))
      quotes.push_back(at);
    const auto decoder = session_after(i);
    for (std::size_t from = 0; from < quotes.size(); ++from) {
      for (std::size_t to = from + 1; to < std::min(quotes.size(), from + kReach); ++to) {
        std::string frame = frames[i];
        frame.erase(quotes[from], quotes[to] - quotes[from]);
        const auto result = read(*decoder, frame);
        if (result.verdict != Verdict::data) {
          ASSERT_EQ(result.events.size(), result.answers) << frame;
        }
      }
    }
  }
}

// read() looks at the sentence.
TEST_P(EveryVenue, says_what_is_wrong_where_a_number_is_none) {
  constexpr std::size_t kNumbersMax = 60;  // of a frame
  std::size_t malformed = 0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto decoder = session_after(i);
    auto at = frames[i].find_first_of("0123456789");
    for (std::size_t n = 0; at != std::string::npos && n < kNumbersMax; ++n) {
      std::string frame = frames[i];
      frame[at] = 'x';
      malformed += read(*decoder, frame).verdict == Verdict::malformed ? 1 : 0;
      at = frames[i].find_first_not_of("0123456789.", at);
      if (at != std::string::npos) at = frames[i].find_first_of("0123456789", at);
    }
  }
  EXPECT_GT(malformed, 0U);
}

// What is malformed, or of no interest, leaves nothing behind.
TEST_P(EveryVenue, goes_on_after_a_frame_that_it_cannot_read) {
  const auto plain = adapter->decoder();
  const auto disturbed = adapter->decoder();
  for (const auto& frame : frames) {
    (void)read(*disturbed, frame.substr(0, frame.size() / 2));
    (void)read(*disturbed, R"({"zz":1})");
    const auto expected = read(*plain, frame);
    const auto result = read(*disturbed, frame);
    EXPECT_EQ(result.verdict, expected.verdict) << frame;
    EXPECT_EQ(result.events, expected.events) << frame;
  }
}

// Of other clients, whose frames a recording has: an id need not be a number.
TEST_P(EveryVenue, knows_answers_to_requests_with_other_names) {
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto expected = read(*session_after(i), frames[i]).verdict;
    if (expected != Verdict::control && expected != Verdict::rejected) continue;
    for (const auto* key : {R"("id":)", R"("cid":)", R"("req_id":)", R"("reqid":)"}) {
      const auto frame = with_word_for_number(frames[i], key);
      if (!frame.empty()) EXPECT_EQ(read(*session_after(i), frame).verdict, expected) << frame;
    }
  }
}

TEST_P(EveryVenue, asks_for_every_topic_once_within_the_limits) {
  const Traits& traits = adapter->traits();
  std::vector<Topic> topics;
  for (const Route& route : traits.routes) {
    for (int i = 0; i < 60; ++i) {
      const std::string symbol = "S" + std::to_string(i) + "-USDT-SWAP";
      const bool candle = route.channel == Channel::candle;
      topics.push_back(topic_of(
          *adapter,
          {route.channel, symbol, candle ? std::string{traits.intervals.front().ours} : ""}));
      EXPECT_TRUE(topics.back().path.starts_with("/"));
    }
  }
  const std::set<Topic> wanted(topics.begin(), topics.end());
  RequestWriter writer{*adapter, traits.limits};
  for (const auto verb : {RequestWriter::Verb::subscribe, RequestWriter::Verb::unsubscribe}) {
    std::set<std::pair<std::string, std::string>> asked;
    std::int64_t last_id = 0;
    for (const auto& request : writer.write(verb, topics, kReceived)) {
      EXPECT_GT(request.id, last_id);
      last_id = request.id;
      EXPECT_GE(request.topics.size(), 1U);
      EXPECT_LE(request.topics.size(), traits.limits.topics_per_request);
      simdjson::dom::parser parser;
      EXPECT_EQ(parser.parse(request.text).error(), simdjson::SUCCESS) << request.text;
      for (const auto& topic : request.topics) {
        EXPECT_NE(request.text.find(topic.text), std::string::npos) << request.text;
        EXPECT_EQ(topic.group, request.topics.front().group);
        EXPECT_TRUE(asked.emplace(topic.group, topic.text).second) << topic.text;
      }
    }
    for (const auto& topic : wanted) EXPECT_TRUE(asked.contains({topic.group, topic.text}));
  }
  EXPECT_TRUE(writer.write(RequestWriter::Verb::subscribe, {}, kReceived).empty());
  for (const auto& text : writer.hello(kReceived)) EXPECT_FALSE(text.empty());
}

std::vector<RestCall> all_calls(const Adapter& adapter, std::string_view symbol) {
  auto calls = listing_calls(adapter);
  if (const auto call = snapshot_call(adapter, symbol)) calls.push_back(*call);
  for (const auto& endpoint : adapter.traits().endpoints) {
    if (endpoint.kind == RestKind::poll)
      calls.push_back(poll_call(adapter, {endpoint.channel, std::string{symbol}, ""}));
  }
  return calls;
}

TEST_P(EveryVenue, recognises_its_own_calls) {
  const Traits& traits = adapter->traits();
  EXPECT_FALSE(listing_calls(*adapter).empty());
  if (traits.book.start == BookStart::rest_snapshot) {
    EXPECT_TRUE(snapshot_call(*adapter, "BTCUSDT"));
  }
  for (const auto* symbol : {"BTC-USDT", "BTCUSDT", "1000币&=?", "A B"}) {
    for (const auto& call : all_calls(*adapter, symbol)) {
      if (call.method == Method::post) continue;  // its body, which is not recorded, tells
      for (const auto& host : {std::string{traits.rest_url}, std::string{"http://127.0.0.1:1"}}) {
        const auto seen = identify(*adapter, host + call.target);
        ASSERT_TRUE(seen) << call.target;
        EXPECT_EQ(seen->kind, call.kind) << call.target;
        EXPECT_EQ(seen->target, call.target);
        if (call.kind == RestKind::snapshot) {
          EXPECT_EQ(seen->symbol, call.symbol);
        }
      }
    }
  }
  for (const auto* other : {"", "https://", "https://host", "https://host/", "/api", "?symbol=A"})
    EXPECT_FALSE(identify(*adapter, other)) << other;
}

TEST_P(EveryVenue, refuses_answers_that_it_cannot_read) {
  for (const auto& call : all_calls(*adapter, "BTCUSDT")) {
    for (const auto* body : {"", "{", "[]", "{}", "[1]", "<html>502 Bad Gateway</html>", "null"}) {
      Collector collector;
      RestReading answer;
      const auto result = adapter->read_rest(call, body, kReceived, collector, answer);
      EXPECT_TRUE(collector.lines.empty()) << body;
      const bool empty_list = std::string_view{body} == "[]";  // says nothing, which may be right
      if (!empty_list) {
        ASSERT_FALSE(result.ok()) << call.target << ": " << body;
        EXPECT_NE(result.error().message.find(call.target), std::string::npos);
      }
    }
  }
}

TEST_P(EveryVenue, derives_instruments_from_spelling_without_surprise) {
  for (const auto* symbol : {"", "-", "A-", "-A", "A", "A-B-C", "A-B-261332", "A-B-26122",
                             "A-B-261225-1", "A-B-261225-x-C", "A-B-261225-1-X", "A-B-C-D-E-F"}) {
    EXPECT_FALSE(adapter->derive(symbol)) << symbol;
  }
}

std::vector<std::string> names() {
  std::vector<std::string> out;
  for (const auto& venue : registry()) out.emplace_back(venue.name);
  return out;
}
INSTANTIATE_TEST_SUITE_P(Registry, EveryVenue, ::testing::ValuesIn(names()), [](const auto& venue) {
  std::string name = venue.param;
  std::ranges::replace(name, '-', '_');
  return name;
});

TEST(Registry, answers_nothing_for_a_name_that_it_does_not_know) {
  EXPECT_EQ(make_adapter("nowhere"), nullptr);
  EXPECT_EQ(make_adapter(""), nullptr);
}

}  // namespace
}  // namespace mp::venue
