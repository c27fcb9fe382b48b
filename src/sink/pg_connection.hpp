// L3. A connection to PostgreSQL: the one wrapper of libpq. Nothing waits for a server that does
// not move for longer than the time-out.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "sink/sink.hpp"

namespace mp::sink {

struct PgProblem {
  std::string text;   // one sentence
  std::string state;  // SQLSTATE; empty: the connection is gone
};
// What it means for a batch.
[[nodiscard]] Outcome outcome_of(const PgProblem& problem);

using PgRows = std::vector<std::vector<std::string>>;

class PgConnection {
 public:
  PgConnection();
  ~PgConnection();
  PgConnection(const PgConnection&) = delete;
  PgConnection& operator=(const PgConnection&) = delete;

  struct Options {
    std::string url;  // as libpq takes it: postgresql://user@host/database, or host=... dbname=...
    std::string password;
    std::string ca_file;
    std::chrono::milliseconds timeout{10'000};
  };
  Result<void> open(const Options& options);
  void close();

  // One statement or several; the last one's rows. Nothing went wrong where it answers nothing.
  std::optional<PgProblem> run(const std::string& sql, PgRows* rows = nullptr);
  // COPY ... FROM STDIN, with its data.
  std::optional<PgProblem> copy(const std::string& sql, std::string_view data);

 private:
  struct State;
  std::optional<PgProblem> wait(short events);
  std::optional<PgProblem> flush();
  std::optional<PgProblem> results(PgRows* rows);
  std::optional<PgProblem> send(const std::string& sql);
  [[nodiscard]] PgProblem gone(const std::string& why);

  std::unique_ptr<State> state_;
};

}  // namespace mp::sink
