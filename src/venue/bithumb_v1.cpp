// Bithumb, spot in Korea: public API 1.2, the protocol before that of 2024. Source:
// https://apidocs.bithumb.com/v1.2.0/
#include "venue/members.hpp"
#include "venue/support.hpp"

namespace mp::venue {
namespace {

using namespace codec;  // the vocabulary of shapes

// Whether a request adds to one before is not said. So each type has a session of its own (a path
// of its own, by a query that the venue does not read), with one request for all. Tickers have
// periods.
constexpr std::string_view kSymbol = R"("{symbol}")";
constexpr std::array kRoutes = {
    Route{Channel::trade, kSymbol, "recorded 2021-06-01", R"("transaction")",
          "/pub/ws?type=transaction"},
    Route{Channel::book, kSymbol, "documented", R"("orderbooksnapshot")",
          "/pub/ws?type=orderbooksnapshot"},
    Route{Channel::ticker, kSymbol, "documented", R"("ticker","tickTypes":["24H"])",
          "/pub/ws?type=ticker"},
};
constexpr std::array kEndpoints = {
    Endpoint{.target = "/public/ticker/ALL_KRW",
             .evidence = "recorded 2021-06-01",
             .source = "v1.2.0, Public API, Ticker"},
    Endpoint{.target = "/public/ticker/ALL_BTC",
             .evidence = "recorded 2021-06-01",
             .source = "v1.2.0, Public API, Ticker"},
};
constexpr std::string_view kAsk = R"({"type":{group},"symbols":[{topics}]})";
constexpr Traits kTraits = {
    .name = "bithumb-v1",
    .docs_url = "https://apidocs.bithumb.com/v1.2.0/",
    .ws_url = "wss://pubwss.bithumb.com",
    .path = "/pub/ws",
    .rest_url = "https://api.bithumb.com",
    .routes = kRoutes,
    .endpoints = kEndpoints,
    .requests = {.subscribe = kAsk,
                 .unsubscribe = kAsk,  // there is none
                 .source = "v1.2.0, WebSocket, Public: filters"},
    .ping = {},  // nobody does
    .limits = {.topics_per_session = 200,
               .topics_per_request = 200,
               .requests = {2, 1s},
               .connects = {1, 1s},
               .rest_calls = {5, 1s},  // 135
               .source = "v1.2.0, Rate Limits, which names none for the socket"},
    .book = {.start = BookStart::every_message, .link = BookLink::none},
    .book_source = "v1.2.0, WebSocket, Public: orderbooksnapshot",
    .stale_after = 300s,  // quiet markets send nothing for minutes
};

// "2021-06-02 08:43:34.555058", without saying that it is Korea's time.
struct KoreanTime {
  static bool convert(const Scalar& scalar, Timestamp& out) {
    std::string text{scalar.text};
    const auto space = text.find(' ');
    if (space == std::string::npos) return false;
    text[space] = 'T';
    text.push_back('Z');
    if (!Rfc3339::convert({scalar.kind, text}, out)) return false;
    out -= 9h;
    return true;
  }
};
constexpr KoreanTime kKoreanTime{};

struct Head : Refusal {  // a status comes alone
  std::optional<std::string_view> type;
  std::optional<Raw> content;
};
using HeadShape = Loose<Field<"type", &Head::type>, Field<"content", &Head::content>,
                        Id<"status", &Refusal::code>, Field<"resmsg", &Refusal::message>>;

using Trades = Batch<Message<Trade>>;
using TradeShape =
    Loose<Field<"buySellGb", &Trade::side, kSides<"2", "1">>, Field<"contPrice", &Trade::price>,
          Field<"contQty", &Trade::quantity>, Field<"contDtm", &Facts::time, kKoreanTime>,
          Field<"symbol", &Facts::symbol>>;
using TradesShape = Loose<Rows<"list", &Trades::rows, TradeShape>>;

using BookMessage = Message<Book>;
using BookShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"datetime", &Facts::time>,
          Field<"asks", &BookMessage::ask_levels>, Field<"bids", &BookMessage::bid_levels>>;

using TickerShape =
    Loose<Field<"symbol", &Facts::symbol>, Field<"openPrice", &Ticker::open_price>,
          Field<"closePrice", &Ticker::last_price>, Field<"lowPrice", &Ticker::low_price>,
          Field<"highPrice", &Ticker::high_price>, Field<"volume", &Ticker::volume>,
          Field<"value", &Ticker::quote_volume>>;

struct Listing {
  std::string_view status;
  std::optional<std::string_view> message;
  std::optional<Raw> data;
};
using ListingShape = Loose<Id<"status", &Listing::status>, Field<"message", &Listing::message>,
                           Field<"data", &Listing::data>>;
constexpr std::string_view kFine = "0000";

class BithumbV1 final : public JsonDecoder<BithumbV1> {
 public:
  using JsonDecoder::JsonDecoder;

  Verdict decide(auto& in, std::string_view frame, Output& out, Reading& reading) {
    if (!in.template read<HeadShape>(frame, head_)) return Verdict::malformed;
    if (head_.code) return head_.code == kFine ? Verdict::control : refuse(reading, head_);
    if (!head_.type || !head_.content) return Verdict::unknown;
    const auto type = *head_.type;
    const auto content = head_.content->json;
    if (equals<"transaction">(type)) return read_one<TradesShape>(in, content, trades_, out);
    if (equals<"orderbooksnapshot">(type)) {
      book_.is_snapshot = true;
      return read_one<BookShape>(in, content, book_, out);
    }
    if (equals<"ticker">(type)) return read_one<TickerShape>(in, content, ticker_, out);
    return Verdict::unknown;
  }

  // The tickers of a payment currency, by what is paid for; one member is their time.
  static Verdict read_rest(const Traits&, auto& in, const RestCall& call, std::string_view body,
                           Output& out, RestReading&, std::string& problem) {
    Listing listing;
    if (!in.template read<ListingShape>(body, listing)) return Verdict::malformed;
    if (listing.status != kFine) {
      problem.assign(listing.status).append(" ").append(listing.message.value_or(""));
      return Verdict::rejected;
    }
    std::vector<JsonMember> members;
    if (!listing.data || !members_of(listing.data->json, members)) return Verdict::malformed;
    const std::string_view target = call.target;
    const auto quote = target.substr(target.rfind('_'));
    for (const auto& [base, json] : members) {
      if (!json.starts_with('{')) continue;
      const std::string symbol = std::string{base}.append(quote);
      auto info = derive(symbol);
      if (!info) continue;
      info->status = "trading";  // it lists no other
      out(symbol, std::nullopt, *info);
    }
    return Verdict::data;
  }

  // "BTC_KRW".
  static std::optional<InstrumentInfo> derive(std::string_view symbol) {
    return pair_spelled(symbol, '_');
  }

 private:
  Head head_;  // scratch, as what follows
  Trades trades_;
  BookMessage book_;
  Message<Ticker> ticker_;
};

}  // namespace

std::unique_ptr<Adapter> make_bithumb_v1() {
  return std::make_unique<JsonVenue<BithumbV1>>(kTraits);
}

}  // namespace mp::venue
