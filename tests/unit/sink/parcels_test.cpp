// What becomes one message.
#include "sink/parcels.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/identity.hpp"
#include "sink/nats_connection.hpp"

namespace mp::sink {
namespace {

struct Made {
  std::vector<Event> events;
  std::vector<Item> items;

  explicit Made(const std::vector<std::pair<std::string_view, std::string_view>>& of)
      : events(of.size()) {
    for (const auto& [subject, payload] : of) {
      Event& event = events[items.size()];
      event.body = Trade{.trade_id = payload};
      items.push_back(
          {.index = items.size(), .event = &event, .payload = payload, .subject = subject});
    }
  }
  [[nodiscard]] Batch batch() const { return {.items = items}; }
};

TEST(Parcels, each_item_is_one) {
  const Made made{{{"a", "1"}, {"a", "2"}}};
  Shipment shipment;
  shipment.begin(made.batch());
  ASSERT_EQ(shipment.parcels().size(), 2U);
  EXPECT_EQ(shipment.parcels()[1].first, 1U);
  EXPECT_TRUE(shipment.parcels()[1].others.empty());
}

TEST(Parcels, lines_of_a_subject_are_joined_up_to_a_size) {
  const Made made{{{"a", "11"}, {"b", "22"}, {"a", "33"}, {"a", "44"}, {"b", "5555555555"}}};
  Shipment shipment;
  shipment.begin(made.batch(), Join::lines, 6);
  ASSERT_EQ(shipment.parcels().size(), 4U);
  std::string joined;
  EXPECT_EQ(payload_of(made.batch(), shipment.parcels()[0], joined), "11\n33");
  EXPECT_EQ(payload_of(made.batch(), shipment.parcels()[1], joined), "22");
  EXPECT_EQ(shipment.parcels()[2].first, 3U);
  EXPECT_EQ(payload_of(made.batch(), shipment.parcels()[3], joined), "5555555555")
      << "longer than any, alone";
}

TEST(Parcels, an_id_is_that_of_the_items_in_their_order) {
  const Made made{{{"a", "1"}, {"a", "2"}}};
  const auto id_of = [&](std::size_t first, std::vector<std::size_t> others) {
    std::string out;
    append_id(made.batch(), {.first = first, .others = std::move(others)}, out);
    return out;
  };
  const Identity second = identity_of(made.events[1]);
  EXPECT_EQ(id_of(1, {}), fmt::format("{:016x}{:016x}", second.high, second.low));
  EXPECT_NE(id_of(0, {1}), id_of(1, {0}));
}

TEST(Shipment, what_stands_before_the_first_without_an_answer_is_dealt_with) {
  const Made made{{{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}}};
  Shipment shipment;
  shipment.begin(made.batch());
  shipment.accept(0);
  shipment.refuse(1, "no");
  shipment.refuse(3, "no");
  EXPECT_FALSE(shipment.give_up("gone"));
  const auto written = shipment.end();
  EXPECT_EQ(written.outcome, Outcome::reopen);
  EXPECT_EQ(written.taken, 2U);
  ASSERT_EQ(written.refused.size(), 1U) << "the other one is offered again";
  EXPECT_EQ(written.refused[0].position, 1U);
}

TEST(Shipment, an_answer_counts_once_and_a_strange_one_never) {
  const Made made{{{"a", "1"}, {"b", "2"}}};
  Shipment shipment;
  shipment.begin(made.batch());
  shipment.accept(0);
  shipment.accept(0);
  shipment.refuse(0, "late");
  shipment.accept(std::size_t{0} - 1);
  EXPECT_FALSE(shipment.complete());
  shipment.accept(1);
  EXPECT_TRUE(shipment.complete());
  EXPECT_EQ(shipment.end().outcome, Outcome::done);
}

TEST(Shipment, of_joined_lines_that_are_refused_the_runner_finds_the_one) {
  const Made made{{{"a", "1"}, {"a", "2"}}};
  Shipment shipment;
  shipment.begin(made.batch(), Join::lines, 100);
  shipment.refuse(0, "no");
  const auto written = shipment.end();
  EXPECT_EQ(written.outcome, Outcome::permanent);
  EXPECT_TRUE(written.refused.empty());
}

TEST(NatsSubjects, a_template_tells_what_its_stream_takes) {
  EXPECT_EQ(stream_subjects_of("market.{venue}.{symbol}"), Texts{"market.>"});
  EXPECT_EQ(stream_subjects_of("{channel}.{venue}").front(), "trade.>");
  EXPECT_EQ(stream_subjects_of("{marketprism-old}"), Texts{"market.>"});
  EXPECT_EQ(stream_subjects_of("{venue}.{channel}"), Texts{});
}

TEST(NatsSubjects, one_covers_another) {
  for (const auto& [outer, inner] : {std::pair{">", "a.b"},
                                     {"a.>", "a.b.c"},
                                     {"a.*", "a.b"},
                                     {"a.*.c", "a.b.c"},
                                     {"a.b", "a.b"}})
    EXPECT_TRUE(covers(outer, inner)) << outer << " " << inner;
  for (const auto& [outer, inner] : {std::pair{"a", "b"},
                                     {"a", "a.b"},
                                     {"a.b", "a"},
                                     {"a.*", "a.>"},
                                     {"a.*", "a.b.c"},
                                     {"a.>", "b.>"}})
    EXPECT_FALSE(covers(outer, inner)) << outer << " " << inner;
}

}  // namespace
}  // namespace mp::sink
