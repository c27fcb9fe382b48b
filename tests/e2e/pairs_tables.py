"""What pairs_test.py cannot read or compare, each with its reason. A pattern is looked for in the
raw message."""

# Theirs to ours. An exchange that is not named here must be none of our venues.
TARDIS_VENUES = {
    "okex": "okx", "okex-futures": "okx", "okex-swap": "okx", "okex-options": "okx",
    "bitfinex": "bitfinex", "bitfinex-derivatives": "bitfinex", "binance-futures": "binance-usdm",
    "binance-european-options": "binance-options", "delta": "delta", "gemini": "gemini",
    "cryptofacilities": "kraken-futures", "kraken": "kraken", "huobi": "htx",
    "poloniex": "poloniex", "bybit": "bybit-linear", "bybit-spot": "bybit", "gate-io": "gate",
    "gate-io-futures": "gate-futures", "bitget": "bitget", "bitget-futures": "bitget-futures",
}
# Of "exchange market_type"; the first that matches.
PARSER_VENUES = [
    ("binance Spot", "binance"), ("binance Linear", "binance-usdm"),
    ("binance Inverse", "binance-coinm"), ("bybit Linear", "bybit-linear"),
    ("bybit Inverse", "bybit-inverse"), ("bitget ", "bitget-v1"), ("bithumb ", "bithumb-v1"),
    ("huobi InverseSwap", "htx-inverse"), ("huobi Inverse", "htx-futures"),
    ("huobi ", "htx-linear"), ("kraken Inverse", "kraken-futures"), ("kraken ", "kraken-v1"),
    ("kucoin (Linear|Inverse)", "kucoin-futures"), ("kucoin ", "kucoin"), ("gate ", "gate-futures"),
    ("coinbase_pro ", "coinbase"), ("bitfinex ", "bitfinex"), ("bitmex ", "bitmex"),
    ("bitstamp ", "bitstamp"), ("deribit ", "deribit"), ("okx ", "okx"),
]
NOT_OURS = {"aster", "aster-futures", "woo-x", "lighter", "mexc", "mexc-futures",  # tardis-node
            "bitz", "dydx", "ftx", "zb", "zbg"}  # crypto-msg-parser

# Venues whose quantities are contracts; theirs are then compared where they count contracts too.
# Their quantities of the base currency need a contract's size, which the catalogue has.
CONTRACTS = {"binance-coinm", "bitmex", "deribit", "gate-futures", "htx-futures", "htx-inverse",
             "htx-linear", "kraken-futures", "kucoin-futures", "okx"}

# Answers by REST, and the call that each answered: `replay` reads them.
REST_CALLS = [
    ("binance", '^{"lastUpdateId"',
     "https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=1000"),
    ("binance-usdm", '"openInterest"',
     "https://fapi.binance.com/fapi/v1/openInterest?symbol=BTCUSDT_220624"),
    ("kucoin-futures", '^{"code":"200000"',
     "https://api-futures.kucoin.com/api/v1/level2/snapshot?symbol=XBTMM22"),
    ("htx-inverse", '^{"status":"ok","data":',
     "https://api.hbdm.com/swap-api/v1/swap_open_interest?contract_code=EOS-USD"),
]

NO_CALL = "an answer to a REST call that we do not make"
GONE = "a protocol that no longer exists: "
BITHUMB_GLOBAL = GONE + "Bithumb Global, another exchange, which closed"
ACCOUNT = "of an account, not of the market"
NO_TYPE = "a channel for which we have no type"
NOT_ASKED = "a channel that we never ask for"
# Messages that we do not read: (venue, pattern, reason).
UNREAD = [
    # The pairs.
    ("binance", "ticker_all", GONE + "the options platform of 2022"),
    ("bitfinex", r"^\[\[\d", NO_CALL),
    ("bitget-v1", '"table":"swap/', GONE + "Bitget before April 2022"),
    ("bitget-v1", '"requestTime"', GONE + "Bitget's REST v1"),
    ("bithumb-v1", '"ver":', BITHUMB_GLOBAL),
    ("bybit-(linear|inverse)", "_e6\"", GONE + "Bybit before v5"),
    ("bybit-linear", '"ret_code"', GONE + "Bybit's REST v2"),
    ("bybit", '"binary":"false"', GONE + "Bybit spot before v5"),
    ("coinbase", '"auction_mode"', NO_CALL),
    ("deribit", '"result":.*"creation_timestamp"', NO_CALL),
    ("gate-futures", '^{"current":', "a REST book without its number, which we ask for (with_id)"),
    ("gemini", '"id":1,"status":200|"u":1764549594389752|"contractStatus"',
     "Gemini's v3, which we do not speak (ours is v2); they make nothing of it either"),
    ("kucoin-futures", "/contractMarket/level3v2:", "a book of single orders"),
    ("kucoin-futures", "/contractMarket/candle:", GONE + "candles before limitCandle"),
    ("okx", '"table":"', GONE + "OKEx v3"),
    ("bitmex", '"id":8796323950', "a level by its number; its price came before the pair"),
    ("okx", '^{"code":"0"', NO_CALL),
    # The fixtures.
    ("binance.*", "USER_LIABILITY|balanceUpdate|executionReport|CONDITIONAL_ORDER|GRID_UPDATE|"
     "ACCOUNT_CONFIG|STRATEGY_UPDATE", ACCOUNT),
    ("binance.*", "24hrMiniTicker|1hTicker|assetIndexUpdate", NOT_ASKED),
    ("binance", '^{"lastUpdateId"', "a book that does not say whose it is: it has lost its stream"),
    ("binance", r"^\[\"4", "a piece of a message"),
    ("binance", '"m":"yes"', "made to be refused"),
    ("bitfinex", "15190.7005375", "a book of loans"),
    ("bitfinex", "34753002978|2578842316", "a book of single orders (R0)"),
    ("bitfinex", "^.31,", "a book of coarse prices (P1)"),
    ("bybit", '"priceLimit', NO_TYPE),
    ("bybit", '"S":"Sell","v":"0.001"|"S":"Unknown"', "a piece of a message"),
    ("gate-futures", "usertrades|liquidates|auto_deleverages|position_closes|risk_limits|"
     "autoorders", ACCOUNT),
    ("htx-linear", "trigger_order_cross", ACCOUNT),
    ("hyperliquid", "allMids", NOT_ASKED),
    ("kraken", "level3", "a book of single orders"),
    ("kucoin.*", '"channelType":"private"|/contract/positionAll|/contractAccount|"lw.FUTURES"|'
     "advancedOrders", ACCOUNT),
    ("kucoin", "/margin/fundingBook", "a book of loans"),
    ("okx", "deposit-info|account-greeks", ACCOUNT),
    ("okx", "index-candle1D", NOT_ASKED),
    ("okx", '"channel":"status"', NO_TYPE),
]

# What ours and theirs mean by a field: (venue, their field, reason). Not compared.
TIME = "they take the time of sending, we that of the event (both stand in the message)"
MRID = "they take mrid, an order's number; we the version, which counts on (both in the message)"
NOT_COMPARED = [
    ("binance.*", ".*timestamp", TIME),
    ("htx.*", ".*timestamp", TIME),
    ("htx-.*", "orderbook.seq_id", MRID),
    ("bitget-futures", "derivative_ticker indexPrice",
     "a price of 21 digits, which does not fit: left out, and counted"),
]
BOTH_IN_RAW = {TIME, MRID}  # asserted where these are the reason
# Differences that are theirs: (venue, their field, reason). Compared, and counted as different.
DIFFERENCES = [
    ("bitget-v1", "extract_symbol|candlestick_msg.symbol",
     "they put the suffix of REST's names behind the name that the message has"),
    ("bitget-v1", "candlestick_msg.begin_time",
     "theirs is a minute early: the time of a candle is its beginning (so the recordings show)"),
    ("gate-futures", "book_ticker bidAmount", "they make nothing of a quantity of 0"),
]

# tardis-node: their type and field -> ours. Several: the first that the message has.
TARDIS_FIELDS = {
    "trade": {"id": ["trade.trade_id"], "price": ["trade.price"], "amount": ["trade.quantity"],
              "side": ["trade.side"]},
    "book_change": {"isSnapshot": ["book.is_snapshot"], "bids": ["book.bids"],
                    "asks": ["book.asks"]},
    "book_ticker": {"bidPrice": ["quote.bid_price", "ticker.bid_price"],
                    "bidAmount": ["quote.bid_quantity"],
                    "askPrice": ["quote.ask_price", "ticker.ask_price"],
                    "askAmount": ["quote.ask_quantity"]},
    "derivative_ticker": {
        "lastPrice": ["ticker.last_price"], "openInterest": ["open_interest.quantity"],
        "fundingRate": ["funding.rate"], "fundingTimestamp": ["funding.next_time"],
        "predictedFundingRate": ["funding.predicted_rate"], "indexPrice": ["index_price.price"],
        "markPrice": ["mark_price.price"]},
    "liquidation": {"id": ["liquidation.order_id"], "price": ["liquidation.price"],
                    "amount": ["liquidation.quantity"], "side": ["liquidation.side"]},
    "option_summary": {
        "bestBidPrice": ["option_summary.bid_price", "ticker.bid_price"],
        "bestBidAmount": ["quote.bid_quantity"], "bestBidIV": ["option_summary.bid_iv"],
        "bestAskPrice": ["option_summary.ask_price", "ticker.ask_price"],
        "bestAskAmount": ["quote.ask_quantity"], "bestAskIV": ["option_summary.ask_iv"],
        "lastPrice": ["ticker.last_price"],
        "openInterest": ["option_summary.open_interest", "open_interest.quantity"],
        "markPrice": ["option_summary.mark_price", "mark_price.price"],
        "markIV": ["option_summary.mark_iv"], "delta": ["option_summary.delta"],
        "gamma": ["option_summary.gamma"], "vega": ["option_summary.vega"],
        "theta": ["option_summary.theta"], "rho": ["option_summary.rho"],
        "underlyingPrice": ["option_summary.underlying_price", "index_price.price"]},
}
TARDIS_CATALOGUE = {"optionType", "strikePrice", "expirationDate", "underlyingIndex"}

# crypto-msg-parser: the name of their message -> our type, and of its field -> ours.
PARSER_TYPES = {"trade": "trade", "trades": "trade", "orderbook": "book", "bbo_msg": "quote",
                "candlestick_msg": "candle", "arr": "candle", "funding_rates": "funding"}
PARSER_FIELDS = {
    "price": "price", "side": "side", "seq_id": "last_sequence", "prev_seq_id": "previous_sequence",
    "symbol": "symbol", "id": "sequence", "ask_price": "ask_price", "bid_price": "bid_price",
    "period": "interval", "open": "open", "high": "high", "low": "low", "close": "close",
    "volume": "volume", "quote_volume": "quote_volume", "funding_rate": "rate",
    "timestamp": "ts_event", "begin_time": "open_time", "funding_time": "next_time",
}
PERIODS = {"1min": "1m", "1": "1m", "60s": "1m"}  # theirs are the exchange's words

# Fixtures of a file: (pattern in name and message, venue); the first that matches.
FIXTURES = {
    "binance.ndjson.zst": [("UsdFutures|l1.rs|trade.rs#3", "binance-usdm"), ("", "binance")],
    "bitfinex.ndjson.zst": [("", "bitfinex")],
    "bitget.ndjson": [("(?i)usdt-futures", "bitget-futures"), ("", "bitget")],
    "bitmex.ndjson": [("", "bitmex")],
    "bitstamp.ndjson.zst": [("", "bitstamp")],
    "bybit.ndjson": [("Linear|wsTicker", "bybit-linear"), ("Option", "bybit-option"),
                     ("", "bybit")],
    "coinbase.ndjson": [('"channel":', "coinbase-advanced"), ("", "coinbase")],
    "crypto_com.ndjson": [("", "crypto-com")],
    "deribit.ndjson": [("", "deribit")],
    "gateio.ndjson": [(r"futures\.", "gate-futures"), ("", "gate")],
    "htx.ndjson": [("UsdtMarginSwap", "htx-linear"), ("", "htx")],
    "hyperliquid.ndjson.zst": [("", "hyperliquid")],
    "kraken.ndjson.zst": [('"product_id"', "kraken-futures"), ('"channel":', "kraken"),
                          ("", "kraken-v1")],
    "kucoin.ndjson": [("/contract|FUTURES", "kucoin-futures"), ("", "kucoin")],
    "okx.ndjson": [("", "okx")],
    "upbit.ndjson": [("", "upbit")],
}
# Fixtures of exchanges that are none of our venues, or that have no messages of sockets.
NO_FIXTURES = {
    "aster.ndjson", "bingx.ndjson", "btcmarkets.ndjson", "btse.ndjson", "coinex.ndjson",
    "coinw.ndjson", "derive.ndjson", "dydx.ndjson", "lighter.ndjson", "mexc.ndjson",
    "whitebit.ndjson", "xt.ndjson",
}
# Bitfinex's messages have a number for what the acknowledgement before them named: (what the
# message begins with, its acknowledgement).
ACKNOWLEDGED = [
    ("[1,[1596124822000", {"channel": "status", "key": "deriv:tBTCF0:USTF0"}),
    ("[1,[[\"pos\"", {"channel": "status", "key": "liq:global"}),
    ("[1,[[0.00023112", {"channel": "book", "symbol": "fUST", "prec": "P0", "freq": "F0"}),
    ("[1,[[34753002978", {"channel": "book", "symbol": "tBTCUSD", "prec": "R0", "freq": "F0"}),
    ("[1,[[401597393", {"channel": "trades", "symbol": "tBTCUSD"}),
    ("[18788,", {"channel": "trades", "symbol": "tBTCUSD"}),
    ("[13242,", {"channel": "book", "symbol": "tETHUSD", "prec": "R0", "freq": "F0"}),
    ("[300,", {"channel": "book", "symbol": "tETHUSD", "prec": "P0", "freq": "F0"}),
    ("[31,", {"channel": "book", "symbol": "tETHUSD", "prec": "P1", "freq": "F0"}),
    ("[147794,", {"channel": "ticker", "symbol": "tBTCUSD"}),
    ("[138325,", {"channel": "ticker", "symbol": "tBTCF0:USTF0"}),
]

# Our venue for "exchange symbol" of symbols.ndjson; the first that matches.
SYMBOL_VENUES = [
    ("binance .*_", "binance-coinm"), ("binance ", "binance"), ("bitfinex ", "bitfinex"),
    ("bitget ", "bitget-v1"), ("bitmex ", "bitmex"), ("gate ", "gate-futures"),
    ("huobi ", "htx-futures"), ("kraken ", "kraken-v1"), ("kucoin .*-", "kucoin"),
    ("kucoin ", "kucoin-futures"), ("okx ", "okx"), ("bithumb ", None),  # Bithumb Global
]
# A message that names {symbol}, of each of them.
SYMBOL_FRAMES = {
    "binance": '{"stream":"s@bookTicker","data":{"u":1,"s":"{symbol}",'
               '"b":"1","B":"1","a":"2","A":"1"}}',
    "binance-coinm": '{"stream":"s@bookTicker","data":{"e":"bookTicker","u":1,"s":"{symbol}",'
                     '"ps":"P","b":"1","B":"1","a":"2","A":"1","T":1653817930434,'
                     '"E":1653817930438}}',
    "bitfinex": '[18788,"te",[647256282,1616219711336,0.00020449,58244]]',
    "bitget-v1": '{"action":"snapshot","arg":{"instType":"sp","channel":"candle1m",'
                 '"instId":"{symbol}"},"data":[["1654017060000","3","3","3","3","6"]]}',
    "bitmex": '{"table":"orderBook10","action":"update","data":[{"symbol":"{symbol}","bids":'
              '[[1,1]],"timestamp":"2022-05-30T22:19:48.301Z","asks":[[2,1]]}]}',
    "gate-futures": '{"time":1,"channel":"futures.trades","event":"update","result":[{"size":50,'
                    '"id":1,"create_time":1,"create_time_ms":1616327563918,"price":"5",'
                    '"contract":"{symbol}"}]}',
    "htx-futures": '{"ch":"market.{symbol}.kline.1min","ts":1654081396435,"tick":{"id":1654081380,'
                   '"mrid":1,"open":3,"close":3,"high":3,"low":3,"amount":0,"vol":2,"count":1}}',
    "kraken-v1": '[0,["5698.4","5700.0","1542057299.545897","1.0","0.9"],"spread","{symbol}"]',
    "kucoin": '{"type":"message","topic":"/market/ticker:{symbol}","subject":"trade.ticker","data":'
              '{"bestAsk":"31785.3","bestAskSize":"1","bestBid":"31785.2","bestBidSize":"1",'
              '"price":"31785.2","sequence":"1","size":"1","time":1654032320677}}',
    "kucoin-futures": '{"subject":"tickerV2","topic":"/contractMarket/tickerV2:{symbol}","data":'
                      '{"symbol":"{symbol}","bestBidSize":1,"bestBidPrice":1.0,"bestAskPrice":2.0,'
                      '"bestAskSize":1,"ts":1553846081210004941}}',
    "okx": '{"arg":{"channel":"bbo-tbt","instId":"{symbol}"},"data":[{"asks":[["2","1","0","3"]],'
           '"bids":[["1","1","0","3"]],"ts":"1654032991947"}]}',
}

# Folders of recordings, and whose frames they have.
RECORDED = {
    "ascendex": ["ascendex"], "binance_coinm": ["binance-coinm"], "binance_spot": ["binance"],
    "binance_us": ["binance-us"], "binance_usdm": ["binance-usdm"], "bitfinex": ["bitfinex"],
    "bitflyer": ["bitflyer"], "bitget": ["bitget-v1"], "bithumb": ["bithumb-v1"],
    "bitmex": ["bitmex"], "bitstamp": ["bitstamp"], "blockchain": ["blockchain-com"],
    "bybit": ["bybit", "bybit-linear"], "coinbase_advanced": ["coinbase-advanced"],
    "coinbase_exchange": ["coinbase"], "crypto_com": ["crypto-com"], "delta": ["delta"],
    "deribit": ["deribit"], "gateio_futures": ["gate-futures"], "gateio_spot": ["gate"],
    "gemini": ["gemini"], "hitbtc": ["hitbtc-v2"], "htx_spot": ["htx"],
    "htx_swap": ["htx-linear", "htx-inverse"], "kraken_futures": ["kraken-futures"],
    "kraken_spot_v1": ["kraken-v1"], "kucoin": ["kucoin"], "okx": ["okx"], "phemex": ["phemex"],
    "poloniex": ["poloniex"], "probit": ["probit"], "upbit": ["upbit"],
    "independent_reserve": [],  # none of our venues
}
NO_RECORDINGS = {"fixtures", "pairs"}
