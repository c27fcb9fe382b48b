// L3. The ClickHouse sink: RowBinary over HTTP, one INSERT a table and batch.
//
// A second delivery is harmless: tables are ReplacingMergeTree, ordered by what makes an event one,
// so that equal rows become one when parts are merged, and at once for a query with FINAL. The same
// batch has the same bytes, so that a replicated table passes over a repeated block by itself.
#include <algorithm>
#include <array>
#include <string>

#include "sink/clickhouse_tables.hpp"
#include "sink/columns.hpp"
#include "sink/connection_keys.hpp"
#include "sink/http_batch.hpp"
#include "sink/registry.hpp"

namespace mp::sink {
namespace {

ClickHouseOptions options_of(const Settings& settings) {
  ClickHouseOptions out{
      .database = settings.text("database"),
      .engine = settings.text("engine"),
      .unique = settings.text("unique") == "identity" ? UniqueBy::identity : UniqueBy::delivery,
      .channels = {}};
  for (std::size_t i = 0; i < kChannelCount; ++i)
    out.channels.set(i, needs_table(settings.texts("channels"), static_cast<Channel>(i)));
  return out;
}

class ClickHouse final : public Sink {
 public:
  explicit ClickHouse(const Settings& settings)
      : options_(options_of(settings)),
        is_old_(settings.text("layout") == "marketprism"),
        http_(http_settings(settings, settings.flag("compress"))) {
    if (is_old_)
      parameters_ =
          "&input_format_skip_unknown_fields=1&input_format_null_as_default=1"
          "&input_format_json_read_arrays_as_strings=1";
    for (const std::string& setting : settings.texts("settings")) {
      const auto equals = std::min(setting.find('='), setting.size());
      parameters_ += "&" + url_encoded(setting.substr(0, equals)) + "=" +
                     url_encoded(setting.substr(std::min(equals + 1, setting.size())));
    }
  }

  Result<void> open() override {
    on_the_way_.forget();
    const auto times = ask_times(http_);
    if (!times) return times.error();
    options_.times = *times;
    if (is_old_) {
      auto layout = old_layout(options_);
      if (!layout) return layout.error();
      layout_ = layout.take();
    } else {
      layout_ = native_layout(options_);
    }
    return prepare_tables(http_, options_.database, layout_);
  }

  Written write(const Batch& batch) override {
    if (batch.items.empty()) return {};
    if (!on_the_way_.is(batch)) begin(batch);
    Written written = on_the_way_.step(http_, judge_clickhouse);
    if (written.outcome == Outcome::done) written.refused = std::move(refused_);
    return written;
  }

 private:
  void begin(const Batch& batch) {
    refused_.clear();
    std::vector<std::string> bodies(layout_.tables.size());
    for (std::size_t i = 0; i < batch.items.size(); ++i) {
      if (auto problem = layout_.append(batch.items[i], bodies); !problem.empty())
        refused_.push_back({i, std::move(problem)});
    }
    auto& requests = on_the_way_.begin(batch);
    for (std::size_t i = 0; i < bodies.size(); ++i) {
      if (bodies[i].empty()) continue;
      const auto insert = insert_statement(options_.database, layout_.tables[i], layout_.format);
      requests.push_back(
          {.target = "/?query=" + url_encoded(insert) + parameters_, .body = std::move(bodies[i])});
    }
  }

  ClickHouseOptions options_;
  const bool is_old_;
  std::string parameters_;
  HttpClient http_;
  ClickHouseLayout layout_;
  HttpBatch on_the_way_;
  std::vector<Refused> refused_;  // of the batch that is on the way
};

constexpr std::array<std::string_view, 2> kLayouts = {"native", "marketprism"};
constexpr std::array kClickHouseKeys = {
    Key{"url", "http://127.0.0.1:8123", "The server's HTTP interface."},
    Key{"database", "marketprism",
        "Where the tables are, one for each channel; made where they are missing."},
    Key{.name = "layout",
        .fallback = "native",
        .doc =
            "native: every field of every event, exact. marketprism: the tables trades, "
            "orderbooks, ... of the Python collector, with prices as Decimal64(8); a number with "
            "more digits is refused, never cut.",
        .words = kLayouts},
    kUserKey,
    kPasswordKey,
    kTrustKey,
    Key{"compress", false, "Compress what is sent with gzip."},
    timeout_key(std::chrono::milliseconds{30'000}),
    Key{.name = "unique",
        .fallback = "delivery",
        .doc = "What makes two rows of a table that is made one. delivery: the same event of this "
               "collector. identity: the same event of the venue, so that several collectors can "
               "fill the same tables; of what has neither an id nor a number, equal events of one "
               "time are one too.",
        .words = kUniqueWords},
    Key{"engine", "ReplacingMergeTree",
        "Of tables that are made: ReplicatedReplacingMergeTree(...) on a cluster."},
    Key{.name = "settings",
        .fallback = Key::NoTexts{},
        .doc = "Settings of ClickHouse for each INSERT.",
        .example = "[\"insert_quorum=2\"]"},
};
constexpr std::array kClickHouseUsual = {
    Usual{"batch_events", std::uint64_t{100'000}},
    Usual{"batch_bytes", Bytes{std::uint64_t{16} << 20U}},
    Usual{"batch_age", std::chrono::milliseconds{1'000}},
};

}  // namespace

constexpr Spec kClickHouse = {
    .type = "clickhouse",
    .what = "tables of ClickHouse",
    .keys = kClickHouseKeys,
    .usual = kClickHouseUsual,
    .guarantee = Guarantee::at_least_once,
    .harmless =
        "Tables are ReplacingMergeTree, ordered by what makes an event one: equal rows "
        "become one when parts are merged, and at once for a query with FINAL.",
    .loss_window =
        "What the server acknowledged and had not put on its disk when its machine lost "
        "power (fsync_after_insert of MergeTree).",
    .make = make_sink<ClickHouse>};

}  // namespace mp::sink
