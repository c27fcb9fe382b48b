// The tape: trades as they come, newest first.

import type { Trade } from "../../api";
import { useCalm } from "../../live/cell";
import { trades } from "../../live/store";
import { Empty, Panel } from "../../parts/basic";
import { memo } from "../../parts/memo";
import { clockText, grouped, priceText, toPlaces } from "../../pure/format";
import { placesOf } from "../../pure/decimal";

const kShown = 50;
/** Faster, it would only flicker. */
const kCalmMs = 200;

const kWays = { buy: { ink: "bid", sign: "▲" }, sell: { ink: "ask", sign: "▼" } };

const Line = memo(({ trade, tick, places }: { trade: Trade; tick: string | null; places: number }) => (
  <li class={trade.side === null ? "" : kWays[trade.side].ink}>
    <time>{clockText(trade.ts, 3)}</time>
    <span class="way" role="img" aria-label={trade.side ?? "unknown side"}>{trade.side === null ? "" : kWays[trade.side].sign}</span>
    <span class="tape-price">{priceText(trade.price, tick)}</span>
    <span class="tape-quantity">{grouped(toPlaces(trade.quantity, places))}</span>
  </li>
));

export function Tape({ tick }: { tick: string | null }) {
  const list = useCalm(trades, kCalmMs).slice(0, kShown);
  const places = list.reduce((most, trade) => Math.max(most, placesOf(trade.quantity)), 0);
  return (
    <Panel title="Trades" class="tape-panel" aside={<span>▲ buyer, ▼ seller came to it</span>}>
      {list.length === 0 ? <Empty title="No trade yet" />
        : <ol class="tape num" tabIndex={0} aria-label="Newest first">
          {/* Lines stay and take other texts: at a thousand trades a second all of them are new each time. */}
          {list.map((trade, i) => <Line key={i} trade={trade} tick={tick} places={places} />)}</ol>}
    </Panel>
  );
}
