// L3. The PostgreSQL sink: binary COPY, one transaction for a batch.
//
// A second delivery is harmless: the tables have a primary key of what makes an event one. A batch
// that has such a row goes by a temporary table, then INSERT ... ON CONFLICT DO NOTHING; so does
// the first one after a start, which may have been delivered before.
#include <array>
#include <string>

#include "sink/columns.hpp"
#include "sink/connection_keys.hpp"
#include "sink/pg_binary.hpp"
#include "sink/pg_connection.hpp"
#include "sink/pg_rows.hpp"
#include "sink/pg_table.hpp"
#include "sink/registry.hpp"

namespace mp::sink {
namespace {

class Postgres final : public Sink {
 public:
  explicit Postgres(const Settings& settings)
      : settings_(settings), key_(settings.text("unique")), tables_(kChannelCount) {
    for (std::size_t i = 0; i < kChannelCount; ++i) {
      const auto channel = static_cast<Channel>(i);
      if (needs_table(settings.texts("channels"), channel))
        tables_[i] = pg_table(settings.text("schema"), channel);
    }
  }

  Result<void> open() override {
    auto opened = server_.open({.url = settings_.text("url"),
                                .password = settings_.text("password"),
                                .ca_file = settings_.text("ca_file"),
                                .timeout = settings_.time("timeout")});
    if (!opened) return opened;
    is_careful_ = true;
    return prepare_pg(server_, settings_.text("schema"), tables_,
                      key_ == "identity" ? "identity" : "ts_recv, seq");
  }

  Written write(const Batch& batch) override {
    if (batch.items.empty()) return {};
    std::vector<std::string> data(tables_.size());
    for (const Item& item : batch.items) {
      const auto channel = static_cast<std::size_t>(item.event->channel());
      if (data[channel].empty()) data[channel] = pg_copy_begin();
      append_pg_row(*item.event, identity_of(*item.event), tables_[channel].columns.size(),
                    data[channel]);
    }
    for (std::string& of : data) {
      if (!of.empty()) of.append(pg_copy_end());
    }
    auto problem = transact(data);
    // Rows that are there already are seldom met but for the first batch after a start.
    if (problem && problem->state == "23505" && !is_careful_) {
      server_.run("ROLLBACK");
      is_careful_ = true;
      problem = transact(data);
    }
    if (!problem) {
      is_careful_ = key_ == "identity";
      return {};
    }
    if (!problem->state.empty()) server_.run("ROLLBACK");
    for (PgTable& table : tables_) table.is_staged = false;
    return {outcome_of(*problem), problem->text};
  }

 private:
  // As few round trips as there are: one for each table, one at the end.
  std::optional<PgProblem> transact(const std::vector<std::string>& data) {
    std::string before = "BEGIN; ";
    std::string after;
    for (std::size_t i = 0; i < data.size(); ++i) {
      if (data[i].empty()) continue;
      PgTable& table = tables_[i];
      if (is_careful_ && !table.is_staged) before += table.make_stage;
      table.is_staged = table.is_staged || is_careful_;
      const std::string& to = is_careful_ ? table.stage : table.name;
      const std::string copy = "COPY " + to + " (" + table.list + ") FROM STDIN BINARY";
      if (auto problem = server_.copy(before + copy, data[i])) return problem;
      before.clear();
      if (!is_careful_) continue;
      after += "INSERT INTO " + table.name + " (" + table.list + ") SELECT " + table.list +
               " FROM " + table.stage + " ON CONFLICT DO NOTHING; ";
    }
    return server_.run(after + "COMMIT");
  }

  const Settings settings_;
  const std::string key_;
  PgConnection server_;
  std::vector<PgTable> tables_;  // by channel
  bool is_careful_ = true;       // by way of a temporary table
};

constexpr std::array kPostgresKeys = {
    Key{"url", "postgresql://127.0.0.1/marketprism",
        "The database, as libpq takes it: a URL, or `host=... dbname=...`."},
    Key{"password", "", "Instead of one in the URL.", "\"secret\""},
    Key{"ca_file", "", "PEM file of the authority that the server's certificate must have.",
        "\"ca.pem\""},
    Key{"schema", "public",
        "Where the tables are, one for each channel; made where they are missing, with TimescaleDB "
        "as hypertables."},
    Key{.name = "timeout",
        .fallback = std::chrono::milliseconds{10'000},
        .doc = "The longest wait for a server that does not move.",
        .least = 100,
        .most = 3'600'000},
    Key{.name = "unique",
        .fallback = "delivery",
        .doc = "The primary key of tables that are made. delivery: the event of this collector. "
               "identity: the event of the venue, so that several collectors can fill the same "
               "tables; of what has neither an id nor a number, equal events of one time are one "
               "too.",
        .words = kUniqueWords},
};

}  // namespace

constexpr Spec kPostgres = {
    .type = "postgres",
    .what = "tables of PostgreSQL, or TimescaleDB",
    .keys = kPostgresKeys,
    .guarantee = Guarantee::exactly_once,
    .harmless = "A batch is one transaction, and a row whose primary key is there is passed over.",
    .loss_window = "None, unless synchronous_commit is off.",
    .make = make_sink<Postgres>};

}  // namespace mp::sink
