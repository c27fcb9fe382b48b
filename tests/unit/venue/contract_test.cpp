// What every registered venue must hold to, on the frames of its golden folder.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <memory>
#include <random>
#include <set>

#include "venue_testing.hpp"

namespace mp::venue {
namespace {

namespace od = simdjson::ondemand;
using testing::Collector;
using testing::lines_of;
using testing::read_file;

constexpr auto kReceived = from_nanoseconds(1'795'000'000'000'000'000);

class EveryVenue : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    adapter = make_adapter(GetParam());
    ASSERT_NE(adapter, nullptr);
    const auto file = std::filesystem::path{MP_TESTS_DIR} / "golden" / GetParam() / "frames.jsonl";
    for (auto& frame : lines_of(read_file(file))) {
      if (!frame.starts_with(R"({"t":"http")")) frames.push_back(std::move(frame));
    }
    ASSERT_FALSE(frames.empty());
  }

  struct Read {
    Verdict verdict;
    std::vector<std::string> events;
  };
  // The frame lies in a buffer of exactly its size, so that the sanitizer sees a read past its end.
  Read read(std::string_view frame) const {
    const auto exact = std::make_unique<char[]>(frame.size());
    frame.copy(exact.get(), frame.size());
    Collector collector;
    const auto reading = adapter->read({exact.get(), frame.size()}, kReceived, collector);
    if (reading.verdict == Verdict::malformed) {
      EXPECT_FALSE(reading.problem.empty());
    }
    return {reading.verdict, collector.lines};
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
    if (!how.added.empty()) parts.insert(parts.begin() + 1, std::string{how.added});
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

TEST_P(EveryVenue, states_its_traits) {
  const Traits& traits = adapter->traits();
  EXPECT_EQ(traits.name, GetParam());
  EXPECT_TRUE(traits.ws_url.starts_with("wss://"));
  EXPECT_EQ(traits.ws_url.find('/', 6), std::string_view::npos) << "the path is path()'s";
  EXPECT_TRUE(traits.rest_url.starts_with("https://"));
  EXPECT_TRUE(traits.docs_url.starts_with("https://"));
  EXPECT_EQ(std::set(traits.channels.begin(), traits.channels.end()).size(),
            traits.channels.size());
  EXPECT_GE(traits.limits.topics_per_session, traits.limits.topics_per_request);
  EXPECT_GE(traits.limits.topics_per_request, 1U);
  EXPECT_GT(traits.stale_after, traits.ping.silence);
}

TEST_P(EveryVenue, takes_no_cut_frame_for_data) {
  for (const auto& frame : frames) {
    for (std::size_t size = 0; size < frame.size(); ++size) {
      const auto result = read(frame.substr(0, size));
      ASSERT_NE(result.verdict, Verdict::data) << frame.substr(0, size);
      ASSERT_TRUE(result.events.empty());
    }
  }
}

TEST_P(EveryVenue, reads_the_same_facts_however_they_are_written) {
  std::size_t compared = 0;
  for (const auto& frame : frames) {
    const auto plain = read(frame);
    if (plain.verdict != Verdict::data) continue;
    for (const Rewriting& how :
         {Rewriting{.reversed = true, .added = {}, .space = {}},
          Rewriting{.reversed = false, .added = {}, .space = " \n\t"},
          Rewriting{.reversed = false,
                    .added = R"("zz_new":{"e":[1,null,"x]}\"",{"data":[]}]})",
                    .space = {}},
          Rewriting{.reversed = true, .added = R"("zz":null)", .space = " "}}) {
      const std::string other = rewritten(frame, how);
      const auto result = read(other);
      ASSERT_EQ(result.verdict, Verdict::data) << other;
      ASSERT_EQ(result.events, plain.events) << other;
      ++compared;
    }
  }
  EXPECT_GT(compared, 40U);
}

TEST_P(EveryVenue, hands_nothing_over_unless_a_frame_is_data) {
  std::mt19937 random{1};
  for (int round = 0; round < 20'000; ++round) {
    std::string frame = frames[random() % frames.size()];
    if (frame.empty()) continue;
    for (std::size_t edits = 1 + random() % 3; edits > 0; --edits) {
      constexpr std::string_view kBytes = "\"\\{}[]:,0-.eE1 tfn\x80\xff";
      char& byte = frame[random() % frame.size()];
      byte = random() % 4 == 0 ? static_cast<char>(random()) : kBytes[random() % kBytes.size()];
    }
    const auto result = read(frame);
    if (result.verdict != Verdict::data) {
      ASSERT_TRUE(result.events.empty()) << frame;
    }
  }
}

TEST_P(EveryVenue, forgets_a_frame_once_it_is_read) {
  std::vector<Read> first;
  for (const auto& frame : frames) first.push_back(read(frame));
  for (std::size_t i = frames.size(); i-- > 0;) {
    const auto again = read(frames[i]);
    EXPECT_EQ(again.verdict, first[i].verdict) << frames[i];
    EXPECT_EQ(again.events, first[i].events) << frames[i];
  }
}

// The topics of a request: its one array.
std::vector<std::string> topics_of(const std::string& request) {
  std::vector<std::string> topics;
  simdjson::dom::parser parser;
  const simdjson::dom::object object = parser.parse(request);
  for (const auto field : object) {
    if (!field.value.is_array()) continue;
    EXPECT_TRUE(topics.empty()) << "two arrays: " << request;
    for (const auto topic : field.value.get_array()) topics.push_back(simdjson::minify(topic));
  }
  return topics;
}

TEST_P(EveryVenue, asks_for_every_topic_once_within_the_limits) {
  const Traits& traits = adapter->traits();
  std::vector<Subscription> wanted;
  for (const Channel channel : traits.channels) {
    for (int i = 0; i < 60; ++i) {
      const std::string symbol = "S" + std::to_string(i) + "-USDT-SWAP";
      wanted.push_back({channel, symbol, channel == Channel::candle ? "1m" : ""});
      EXPECT_TRUE(adapter->path(wanted.back()).starts_with("/"));
    }
  }
  std::vector<std::string> requests;
  adapter->subscribe(wanted, requests);
  std::set<std::string> asked;
  for (const auto& request : requests) {
    const auto topics = topics_of(request);
    EXPECT_GE(topics.size(), 1U);
    EXPECT_LE(topics.size(), traits.limits.topics_per_request);
    for (const auto& topic : topics) EXPECT_TRUE(asked.insert(topic).second) << topic;
  }
  EXPECT_GE(asked.size(), 60U * 4U);

  std::vector<std::string> ends;
  adapter->unsubscribe(wanted, ends);
  std::set<std::string> ended;
  for (const auto& request : ends)
    ended.merge(std::set<std::string>{[&] {
      const auto topics = topics_of(request);
      return std::set<std::string>(topics.begin(), topics.end());
    }()});
  EXPECT_EQ(ended, asked);

  requests.clear();
  adapter->subscribe({}, requests);
  EXPECT_TRUE(requests.empty());
}

TEST_P(EveryVenue, recognises_its_own_calls) {
  const Traits& traits = adapter->traits();
  auto calls = adapter->listing();
  EXPECT_FALSE(calls.empty());
  for (const auto* symbol : {"BTC-USDT", "BTCUSDT", "1000币&=?", "A B"}) {
    const auto call = adapter->snapshot(symbol);
    EXPECT_EQ(call.has_value(), traits.book.start == BookStart::rest_snapshot);
    if (call) calls.push_back(*call);
  }
  for (const auto& call : calls) {
    for (const auto& host : {std::string{traits.rest_url}, std::string{"http://127.0.0.1:1"}}) {
      const auto seen = adapter->identify(host + call.target);
      ASSERT_TRUE(seen) << call.target;
      EXPECT_EQ(seen->kind, call.kind);
      EXPECT_EQ(seen->symbol, call.symbol);
      EXPECT_EQ(seen->target, call.target);
    }
  }
  for (const auto* other : {"", "https://", "https://host", "https://host/", "/api", "?symbol=A"})
    EXPECT_FALSE(adapter->identify(other)) << other;
}

TEST_P(EveryVenue, refuses_answers_that_it_cannot_read) {
  auto calls = adapter->listing();
  if (const auto call = adapter->snapshot("BTCUSDT")) calls.push_back(*call);
  for (const auto& call : calls) {
    for (const auto* body : {"", "{", "[]", "{}", "<html>502 Bad Gateway</html>", "null"}) {
      Collector collector;
      const auto result = adapter->read_rest(call, body, kReceived, collector);
      ASSERT_FALSE(result.ok()) << body;
      EXPECT_NE(result.error().message.find(call.target), std::string::npos);
      EXPECT_TRUE(collector.lines.empty());
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
