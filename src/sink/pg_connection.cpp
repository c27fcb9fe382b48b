#include "sink/pg_connection.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/utf8.hpp"
#include "sink/connection_keys.hpp"

namespace mp::sink {
namespace {

constexpr std::size_t kCopyPart = std::size_t{64} << 10U;

std::string sentence(const char* said) {
  const std::string_view text{said == nullptr ? "" : said};
  return printable(text.substr(0, text.find('\n')), kSentenceMax);
}

// Results are libpq's, freed by us.
struct Freed {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Answer = std::unique_ptr<PGresult, Freed>;

PgProblem problem_of(const PGresult* result) {
  const char* const state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  return {.text = "PostgreSQL: " + sentence(PQresultErrorMessage(result)),
          .state = state == nullptr ? "" : state};
}

void take_rows(const PGresult* result, PgRows& out) {
  out.clear();
  for (int row = 0; row < PQntuples(result); ++row) {
    auto& cells = out.emplace_back();
    for (int column = 0; column < PQnfields(result); ++column)
      cells.emplace_back(PQgetvalue(result, row, column));
  }
}

}  // namespace

Outcome outcome_of(const PgProblem& problem) {
  if (problem.state.empty()) return Outcome::reopen;
  const std::string_view group = std::string_view{problem.state}.substr(0, 2);
  // Data exceptions, constraints, limits of a row, and what a trigger raises.
  constexpr std::array<std::string_view, 4> kOfData = {"22", "23", "54", "P0"};
  if (std::ranges::find(kOfData, group) != kOfData.end()) return Outcome::permanent;
  // A full disk, too little memory, a conflict of transactions: the connection is still good.
  constexpr std::array<std::string_view, 3> kLater = {"53", "40", "55"};
  return std::ranges::find(kLater, group) != kLater.end() ? Outcome::retriable : Outcome::reopen;
}

struct PgConnection::State {
  PGconn* connection = nullptr;
  std::chrono::milliseconds timeout{0};
};

PgConnection::PgConnection() : state_(std::make_unique<State>()) {}
PgConnection::~PgConnection() {
  close();
}

void PgConnection::close() {
  if (state_->connection != nullptr) PQfinish(state_->connection);
  state_->connection = nullptr;
}

Result<void> PgConnection::open(const Options& options) {
  close();
  state_->timeout = options.timeout;
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(options.timeout);
  const std::string connect = std::to_string(std::clamp<long>(seconds.count(), 2, 10));
  const std::string user_timeout = std::to_string(options.timeout.count());
  std::vector<const char*> names = {"dbname", "connect_timeout", "tcp_user_timeout",
                                    "client_encoding", "fallback_application_name"};
  std::vector<const char*> values = {options.url.c_str(), connect.c_str(), user_timeout.c_str(),
                                     "UTF8", "marketprism"};
  if (!options.password.empty()) {
    names.push_back("password");
    values.push_back(options.password.c_str());
  }
  if (!options.ca_file.empty()) {
    for (const char* name : {"sslrootcert", "sslmode"}) names.push_back(name);
    for (const char* value : {options.ca_file.c_str(), "verify-full"}) values.push_back(value);
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  PGconn* const made = PQconnectdbParams(names.data(), values.data(), 1);
  state_->connection = made;
  if (made != nullptr && PQstatus(made) == CONNECTION_OK && PQsetnonblocking(made, 1) == 0) {
    PQsetNoticeProcessor(made, [](void*, const char*) {}, nullptr);
    return {};
  }
  const std::string why = made == nullptr ? "no memory" : sentence(PQerrorMessage(made));
  close();
  return Error{ErrorKind::unavailable, "cannot connect to PostgreSQL: " + why};
}

PgProblem PgConnection::gone(const std::string& why) {
  close();
  return {.text = "PostgreSQL: " + why, .state = ""};
}

// Until the socket is ready. Time is counted by the waits in which nothing came.
std::optional<PgProblem> PgConnection::wait(short events) {
  pollfd of{.fd = PQsocket(state_->connection), .events = events, .revents = 0};
  int code = 0;
  do {
    code = ::poll(&of, 1, static_cast<int>(state_->timeout.count()));
  } while (code < 0 && errno == EINTR);
  if (code == 0) return gone("no answer within " + std::to_string(state_->timeout.count()) + " ms");
  if (code < 0) return gone("cannot wait for its socket");
  return std::nullopt;
}

// Sends what is left. What the server says meanwhile is read, or both would wait for ever.
std::optional<PgProblem> PgConnection::flush() {
  while (true) {
    const int left = PQflush(state_->connection);
    if (left == 0) return std::nullopt;
    if (left < 0) return gone(sentence(PQerrorMessage(state_->connection)));
    if (auto problem = wait(POLLIN | POLLOUT)) return problem;
    if (PQconsumeInput(state_->connection) == 0)
      return gone(sentence(PQerrorMessage(state_->connection)));
  }
}

std::optional<PgProblem> PgConnection::results(PgRows* rows) {
  std::optional<PgProblem> first;
  while (true) {
    while (PQisBusy(state_->connection) != 0) {
      if (auto problem = wait(POLLIN)) return problem;
      if (PQconsumeInput(state_->connection) == 0)
        return gone(sentence(PQerrorMessage(state_->connection)));
    }
    const Answer answer{PQgetResult(state_->connection)};
    if (answer == nullptr) break;
    const ExecStatusType status = PQresultStatus(answer.get());
    if (status == PGRES_COPY_IN) return first;
    const bool fine = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!fine && !first) first = problem_of(answer.get());
    if (status == PGRES_TUPLES_OK && rows != nullptr) take_rows(answer.get(), *rows);
  }
  if (PQstatus(state_->connection) == CONNECTION_OK) return first;
  return gone(first ? first->text : "the connection is gone");
}

std::optional<PgProblem> PgConnection::send(const std::string& sql) {
  if (state_->connection == nullptr) return PgProblem{.text = "not connected", .state = ""};
  if (PQsendQuery(state_->connection, sql.c_str()) == 0)
    return gone(sentence(PQerrorMessage(state_->connection)));
  return flush();
}

std::optional<PgProblem> PgConnection::run(const std::string& sql, PgRows* rows) {
  if (auto problem = send(sql)) return problem;
  return results(rows);
}

std::optional<PgProblem> PgConnection::copy(const std::string& sql, std::string_view data) {
  if (auto problem = run(sql)) return problem;
  while (!data.empty()) {
    const std::string_view part = data.substr(0, kCopyPart);
    const int put = PQputCopyData(state_->connection, part.data(), static_cast<int>(part.size()));
    if (put < 0) return gone(sentence(PQerrorMessage(state_->connection)));
    if (put == 1) data.remove_prefix(part.size());
    if (auto problem = flush()) return problem;
  }
  while (true) {
    const int ended = PQputCopyEnd(state_->connection, nullptr);
    if (ended < 0) return gone(sentence(PQerrorMessage(state_->connection)));
    if (auto problem = flush()) return problem;
    if (ended == 1) return results(nullptr);
  }
}

}  // namespace mp::sink
