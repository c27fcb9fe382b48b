// Candles of one minute. Rising ones are hollow, falling ones full: the way is seen without colour.

import { CandlestickSeries, createChart, HistogramSeries, type IChartApi, type ISeriesApi, type UTCTimestamp } from "lightweight-charts";
import { useEffect, useRef } from "preact/hooks";
import type { Candle } from "../../api";
import { paced, useCell } from "../../live/cell";
import { candles } from "../../live/store";
import { Empty, Panel } from "../../parts/basic";
import { placesOf } from "../../pure/decimal";
import { grouped } from "../../pure/format";
import { colour, theme } from "../../theme";

/** A minute grows slowly, and each time the whole chart is drawn. */
const kCalmMs = 250;

interface Chart { chart: IChartApi; price: ISeriesApi<"Candlestick">; volume: ISeriesApi<"Histogram"> }

function made(box: HTMLElement, tick: string | null): Chart {
  const places = tick === null ? 2 : placesOf(tick);
  const chart = createChart(box, {
    autoSize: true,
    layout: {
      // Its logo brings a style element with it, which the policy of the server forbids; the notice stands below.
      attributionLogo: false,
      background: { color: "transparent" },
      fontFamily: getComputedStyle(document.body).fontFamily,
      fontSize: Math.round(0.6875 * parseFloat(getComputedStyle(document.documentElement).fontSize)),
    },
    localization: { priceFormatter: (price: number) => grouped(price.toFixed(places)) },
    timeScale: { timeVisible: true, secondsVisible: false, rightOffset: 3, barSpacing: 10 },
    rightPriceScale: { scaleMargins: { top: 0.08, bottom: 0.2 } },
  });
  const volume = chart.addSeries(HistogramSeries, { priceScaleId: "", lastValueVisible: false, priceLineVisible: false });
  volume.priceScale().applyOptions({ scaleMargins: { top: 0.86, bottom: 0 } });
  const price = chart.addSeries(CandlestickSeries, {
    priceFormat: { type: "price", precision: places, minMove: tick === null ? 0.01 : Number(tick) },
  });
  return { chart, price, volume };
}

function painted({ chart, price, volume }: Chart): void {
  const [bid, ask, text, line, strong, surface] =
    ["bid", "ask", "text-2", "line", "line-strong", "surface"].map(colour) as [string, string, string, string, string, string];
  chart.applyOptions({
    layout: { textColor: text },
    grid: { vertLines: { color: "transparent" }, horzLines: { color: line } },
    timeScale: { borderColor: line },
    rightPriceScale: { borderColor: line },
    crosshair: { vertLine: { color: strong, labelBackgroundColor: text }, horzLine: { color: strong, labelBackgroundColor: text } },
  });
  price.applyOptions({ upColor: surface, borderUpColor: bid, wickUpColor: bid, downColor: ask, borderDownColor: ask, wickDownColor: ask, priceLineColor: text });
  volume.applyOptions({ color: line });
}

const stamp = (candle: Candle) => candle.time as UTCTimestamp;

function shown({ chart, price, volume }: Chart, data: Candle[], all: boolean): void {
  if (all) {
    price.setData(data.map((c) => ({ time: stamp(c), open: c.open, high: c.high, low: c.low, close: c.close })));
    volume.setData(data.map((c) => ({ time: stamp(c), value: c.volume })));
    chart.timeScale().scrollToRealTime();
    return;
  }
  for (const c of data) {
    price.update({ time: stamp(c), open: c.open, high: c.high, low: c.low, close: c.close });
    volume.update({ time: stamp(c), value: c.volume });
  }
}

export function CandleChart({ tick }: { tick: string | null }) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<Chart | null>(null);
  const shade = useCell(theme);
  const symbol = useCell(candles, (now) => now?.symbol ?? null);
  const some = useCell(candles, (now) => now !== null && now.data.length > 0);
  useEffect(() => {
    if (box.current === null) return undefined;
    const own = made(box.current, tick);
    chart.current = own;
    painted(own);
    let begun: Candle | undefined;
    let last = 0;
    const take = () => {
      const data = candles.value?.data ?? [];
      const goesOn = begun !== undefined && data[0] === begun;
      // The chart takes nothing that is older than its last; the one before may have ended since.
      shown(own, goesOn ? data.slice(-2).filter((c) => c.time >= last) : data, !goesOn);
      begun = data[0];
      last = data[data.length - 1]?.time ?? 0;
    };
    take();
    const end = paced(candles, kCalmMs, take);
    return () => {
      end();
      own.chart.remove();
      chart.current = null;
    };
  }, [symbol, tick]);
  useEffect(() => { if (chart.current !== null) painted(chart.current); }, [shade]);
  return (
    <Panel title="Candles, one minute" class="candles-panel">
      <div class="candles" ref={box} role="img" aria-label="Price by minute" />
      {!some && <Empty title="No candle yet">The first one is drawn with the first trade.</Empty>}
      <p class="attribution">Charts by <a href="https://www.tradingview.com/" rel="noopener noreferrer" target="_blank">TradingView</a>{" "}
        Lightweight Charts™ © 2026 TradingView, Inc.</p>
    </Panel>
  );
}
