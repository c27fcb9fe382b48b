// The tape: trades as they come, newest first.

import type { Trade } from "../../api";
import { useCell } from "../../live/cell";
import { trades } from "../../live/store";
import { Empty, Panel } from "../../parts/basic";
import { memo } from "../../parts/memo";
import { clockText, grouped, priceText, toPlaces } from "../../pure/format";
import { placesOf } from "../../pure/decimal";

const kShown = 60;

const Line = memo(({ trade, tick, places }: { trade: Trade; tick: string | null; places: number }) => (
  <li class={trade.side === "buy" ? "bid" : trade.side === "sell" ? "ask" : ""}>
    <time dateTime={trade.ts}>{clockText(trade.ts, 3)}</time>
    {trade.side !== "buy" && trade.side !== "sell" ? <span /> : <svg class="way" viewBox="0 0 12 12" role="img" aria-label={trade.side}>
      <path d={trade.side === "buy" ? "M6 2 11 10H1Z" : "M6 10 1 2h10Z"} /></svg>}
    <span class="tape-price">{priceText(trade.price, tick)}</span>
    <span class="tape-quantity">{grouped(toPlaces(trade.quantity, places))}</span>
  </li>
));

export function Tape({ tick }: { tick: string | null }) {
  const list = useCell(trades).slice(0, kShown);
  const places = list.reduce((most, trade) => Math.max(most, placesOf(trade.quantity)), 0);
  return (
    <Panel title="Trades" class="tape-panel" aside={<span>▲ buyer, ▼ seller came to it</span>}>
      {list.length === 0 ? <Empty title="No trade yet" />
        : <ol class="tape num" tabIndex={0} aria-label="Newest first">
          {list.map((trade) => <Line key={`${trade.ts}${trade.id}`} trade={trade} tick={tick} places={places} />)}</ol>}
    </Panel>
  );
}
