// L3. The QuestDB sink: line protocol over HTTP, or TCP for who must.
//
// A second delivery is harmless: the tables that it makes have the keys of an event for
// deduplication (venue, symbol, ts_recv, seq), so a row that is written again replaces itself. Over
// TCP nothing is acknowledged and no table made: what the server had not read when the connection
// broke is lost, and rows may be there twice.
#include <array>
#include <string>

#include "sink/columns.hpp"
#include "sink/connection_keys.hpp"
#include "sink/http_batch.hpp"
#include "sink/line_protocol.hpp"
#include "sink/line_socket.hpp"
#include "sink/registry.hpp"

namespace mp::sink {
namespace {

constexpr std::string_view kTcp = "tcp://";

class QuestDb final : public Sink {
 public:
  explicit QuestDb(const Settings& settings)
      : channels_(settings.texts("channels")), http_(http_settings(settings, false, "Bearer")) {
    const std::string_view url = settings.text("url");
    if (url.starts_with(kTcp))
      tcp_.emplace(std::string{url.substr(kTcp.size())}, settings.time("timeout"));
  }

  Result<void> open() override {
    if (tcp_) return tcp_->open();
    on_the_way_.forget();
    for (std::size_t i = 0; i < kChannelCount; ++i) {
      const auto channel = static_cast<Channel>(i);
      if (!needs_table(channels_, channel)) continue;
      if (auto made = make(channel); !made) return made;
    }
    return {};
  }

  Written write(const Batch& batch) override {
    if (batch.items.empty()) return {};
    if (!tcp_ && on_the_way_.is(batch)) return on_the_way_.step(http_);
    auto& request = on_the_way_.begin(batch).emplace_back();
    request.target = "/write?precision=n";
    for (const Item& item : batch.items) append_line(*item.event, 0, request.body);
    if (!tcp_) return on_the_way_.step(http_);
    const auto written = tcp_->write(request.body);
    return written ? Written{} : Written{Outcome::reopen, written.error().message};
  }

 private:
  // Nanoseconds where the server has them (9.1), else microseconds.
  Result<void> make(Channel channel) {
    HttpAnswer answer;
    for (const std::string_view type : {"TIMESTAMP_NS", "TIMESTAMP"}) {
      answer = http_.call({.target = "/exec?query=" + url_encoded(questdb_table(channel, type)),
                           .method = HttpRequest::Method::get});
      if (answer.ok()) return {};
      if (answer.status != 400) break;
    }
    return Error{ErrorKind::unavailable, answer.problem};
  }

  const Texts channels_;
  HttpClient http_;
  HttpBatch on_the_way_;
  std::optional<LineSocket> tcp_;
};

constexpr std::array kQuestDbKeys = {
    Key{"url", "http://127.0.0.1:9000",
        "The server's HTTP interface. One table for each channel, made where it is missing; one "
        "that is made otherwise keeps its own rule for equal rows. tcp://HOST:9009: without any "
        "acknowledgement."},
    kUserKey,
    kPasswordKey,
    Key{"token", "", "Who writes, where the server wants a token.", "\"...\""},
    kTrustKey,
    timeout_key(std::chrono::milliseconds{10'000}),
};
constexpr std::array kQuestDbUsual = {Usual{"batch_age", std::chrono::milliseconds{200}}};

}  // namespace

constexpr Spec kQuestDb = {
    .type = "questdb",
    .what = "tables of QuestDB",
    .keys = kQuestDbKeys,
    .usual = kQuestDbUsual,
    .guarantee = Guarantee::at_least_once,
    .harmless =
        "Tables have the keys of an event for deduplication: a row that is written again "
        "replaces itself.",
    .loss_window =
        "What the server acknowledged and had not put on its disk when its machine lost "
        "power (cairo.commit.mode). Over TCP: what it had not read when the connection broke.",
    .make = make_sink<QuestDb>};

}  // namespace mp::sink
