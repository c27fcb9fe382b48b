// The depth curve: what a price away from the middle costs, drawn on a canvas.

import { useEffect } from "preact/hooks";
import type { Book, Level } from "../../api";
import { useCell } from "../../live/cell";
import { book } from "../../live/store";
import { Empty, Panel, useSize } from "../../parts/basic";
import { priceText, shortCount } from "../../pure/format";
import { colour, theme } from "../../theme";

interface Curve { price: number; total: number }

// Only drawn: here numbers will do.
function curveOf(levels: readonly Level[]): Curve[] {
  let total = 0;
  return levels.map(([price, quantity]) => ({ price: Number(price), total: (total += Number(quantity)) }));
}

interface Scale { x: (price: number) => number; y: (total: number) => number; width: number; height: number }

function paintSide(context: CanvasRenderingContext2D, curve: Curve[], scale: Scale, ink: string, edge: number): void {
  const first = curve[0];
  if (first === undefined) return;
  context.beginPath();
  context.moveTo(scale.x(first.price), scale.y(0));
  let before = 0;
  for (const { price, total } of curve) {
    context.lineTo(scale.x(price), scale.y(before));
    context.lineTo(scale.x(price), scale.y(total));
    before = total;
  }
  context.lineTo(edge, scale.y(before));
  context.strokeStyle = ink;
  context.lineWidth = 1.5;
  context.stroke();
  context.lineTo(edge, scale.y(0));
  context.closePath();
  context.globalAlpha = 0.14;
  context.fillStyle = ink;
  context.fill();
  context.globalAlpha = 1;
}

interface Inks { bid: string; ask: string; text: string; line: string; ground: string; font: string }

function paint(canvas: HTMLCanvasElement, now: Book, tick: string | null, inks: Inks, unit: number): void {
  const context = canvas.getContext("2d");
  const dense = devicePixelRatio || 1;
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  const bids = curveOf(now.bids);
  const asks = curveOf(now.asks);
  const best = [bids[0]?.price, asks[0]?.price];
  if (context === null || best[0] === undefined || best[1] === undefined) return;
  if (canvas.width !== Math.round(width * dense)) canvas.width = Math.round(width * dense);
  if (canvas.height !== Math.round(height * dense)) canvas.height = Math.round(height * dense);
  context.setTransform(dense, 0, 0, dense, 0, 0);
  context.clearRect(0, 0, width, height);
  const middle = (best[0] + best[1]) / 2;
  // The same way to both sides, so that the middle stands in the middle.
  const reach = Math.min(middle - (bids[bids.length - 1]?.price ?? middle), (asks[asks.length - 1]?.price ?? middle) - middle) || middle * 1e-4;
  const inReach = [...bids, ...asks].filter((point) => Math.abs(point.price - middle) <= reach);
  const high = Math.max(...inReach.map((point) => point.total), 1e-12) * 1.12;
  const foot = 1.6 * unit;
  const scale: Scale = {
    width, height,
    x: (price) => width / 2 + ((price - middle) / reach) * (width / 2),
    y: (total) => (height - foot) * (1 - total / high),
  };
  context.font = inks.font;
  context.textBaseline = "bottom";
  context.fillStyle = inks.text;
  context.strokeStyle = inks.line;
  context.lineWidth = 1;
  for (const part of [1 / 3, 2 / 3]) {
    const y = Math.round(scale.y(high * part)) + 0.5;
    context.beginPath();
    context.moveTo(0, y);
    context.lineTo(width, y);
    context.stroke();
  }
  paintSide(context, bids, scale, inks.bid, 0);
  paintSide(context, asks, scale, inks.ask, width);
  context.fillStyle = inks.text;
  // Rimmed by the ground, so that the curve may pass behind them.
  context.strokeStyle = inks.ground;
  context.lineWidth = 3;
  for (const part of [1 / 3, 2 / 3]) {
    context.strokeText(shortQuantity(high * part), 4, scale.y(high * part) - 2);
    context.fillText(shortQuantity(high * part), 4, scale.y(high * part) - 2);
  }
  const places = tick ?? now.bids[0]?.[0] ?? "1";
  const label = (price: number, align: CanvasTextAlign, x: number) => {
    context.textAlign = align;
    context.fillText(priceText(price.toFixed((places.split(".")[1] ?? "").length), tick), x, height - 2);
  };
  label(middle - reach, "left", 4);
  label(middle, "center", width / 2);
  label(middle + reach, "right", width - 4);
  context.textAlign = "left";
}

function shortQuantity(quantity: number): string {
  return quantity >= 1000 ? shortCount(quantity) : quantity >= 10 ? quantity.toFixed(0) : quantity.toPrecision(2);
}

export function Depth({ tick }: { tick: string | null }) {
  const [canvas, width, height] = useSize<HTMLCanvasElement>();
  const shade = useCell(theme);
  const some = useCell(book, (now) => now !== null && now.bids.length > 0 && now.asks.length > 0);
  useEffect(() => {
    const style = getComputedStyle(document.documentElement);
    const unit = parseFloat(style.fontSize);
    const inks: Inks = {
      bid: colour("bid"), ask: colour("ask"), text: colour("text-2"), line: colour("line"), ground: colour("surface"),
      font: `${0.6875 * unit}px ${getComputedStyle(document.body).fontFamily}`,
    };
    let asked = 0;
    const draw = () => {
      asked = 0;
      if (canvas.current !== null && book.value !== null) paint(canvas.current, book.value, tick, inks, unit);
    };
    const wish = () => { if (asked === 0) asked = requestAnimationFrame(draw); };
    wish();
    const end = book.subscribe(wish);
    return () => {
      end();
      cancelAnimationFrame(asked);
    };
  }, [tick, shade, width, height, some]);
  return (
    <Panel title="Depth" class="depth-panel" aside={<Legend />}>
      <canvas ref={canvas} class="depth" role="img" aria-label="Cumulated quantity by price, bids left, asks right" />
      {!some && <Empty title="Waiting for the book …" />}
    </Panel>
  );
}

function Legend() {
  return <><span class="bid">◂ bids</span><span class="ask">asks ▸</span></>;
}
