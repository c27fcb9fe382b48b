// A curve over the last quarter of an hour, by uPlot; its numbers stand above it.

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { History } from "../api";
import { useCell } from "../live/cell";
import { clockOf } from "../pure/format";
import { colour, theme } from "../theme";
import { rem } from "./basic";

export interface Line {
  name: string;
  /** A colour of the style sheet. */
  ink: string;
  fill?: boolean;
  /** Of two lines the thinner: they differ by form too. */
  thin?: boolean;
  text: (value: number | null) => string;
  pick: (history: History) => (number | null)[];
}

const kHeightRem = 11;

function isDecade(value: number): boolean {
  return Math.abs(Math.log10(value) % 1) < 1e-6;
}

function faded(ink: string): string {
  const parts = ink.match(/[\d.]+/g) ?? [];
  return `rgba(${parts.slice(0, 3).join(",")},0.12)`;
}

/** Minutes; of a short time the seconds too, or marks would read alike. */
function timesOf(_plot: uPlot, marks: number[]): string[] {
  const step = (marks[1] ?? 0) - (marks[0] ?? 0);
  return marks.map((s) => clockOf(s * 1000).slice(0, step > 0 && step < 60 ? 8 : 5));
}

function made(box: HTMLElement, lines: Line[], log: boolean, read: (index: number | null) => void): uPlot {
  const unit = rem();
  const font = `${0.6875 * unit}px ${getComputedStyle(document.body).fontFamily}`;
  const decades = (_plot: uPlot, marks: number[]) => marks.map((v) => (log && !isDecade(v) ? null : v));
  const axis = { stroke: colour("text-2"), font, ticks: { show: false }, grid: { stroke: colour("line"), width: 1, filter: decades } };
  const first = lines[0];
  return new uPlot({
    width: box.clientWidth,
    height: kHeightRem * unit,
    legend: { show: false },
    padding: [8, 4, 0, 0],
    cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
    // A curve that is seldom at nought needs its ground there all the same: heights then compare.
    scales: { x: { time: true }, y: log ? { distr: 3 } : { range: (_plot, _low, high) => [0, (high || 1) * 1.15] } },
    axes: [
      { ...axis, grid: { show: false }, space: 80, size: 1.75 * unit, gap: 4, values: timesOf },
      { ...axis, size: 4.6 * unit, values: (_plot, marks) => marks.map((v) => (v === null ? "" : first?.text(v) ?? "")) },
    ],
    series: [{}, ...lines.map((line) => {
      const ink = colour(line.ink);
      return {
        label: line.name, stroke: ink, width: line.thin === true ? 1 : 1.75, points: { show: false },
        ...(line.fill === true ? { fill: faded(ink) } : {}),
      };
    })],
    hooks: { setCursor: [(plot) => read(plot.cursor.idx ?? null)] },
  }, [[], ...lines.map(() => [])], box);
}

function dataOf(history: History, lines: Line[], log: boolean): uPlot.AlignedData {
  // A logarithm knows no nought.
  const column = (line: Line) => (log ? line.pick(history).map((v) => (v !== null && v > 0 ? v : null)) : line.pick(history));
  return [history.seconds, ...lines.map(column)];
}

export function Plot({ history, lines, log = false }: { history: History; lines: Line[]; log?: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(history);
  const readings = useRef<(HTMLElement | null)[]>([]);
  const shade = useCell(theme);
  latest.current = history;
  const read = (index: number | null) => {
    lines.forEach((line, i) => {
      const values = line.pick(latest.current);
      const element = readings.current[i];
      if (element) element.textContent = line.text(values[index ?? values.length - 1] ?? null);
    });
  };
  useEffect(() => {
    const place = box.current;
    if (place === null) return undefined;
    const own = made(place, lines, log, read);
    plot.current = own;
    own.setData(dataOf(latest.current, lines, log));
    const observer = new ResizeObserver(() => own.setSize({ width: place.clientWidth, height: kHeightRem * rem() }));
    observer.observe(place);
    return () => {
      observer.disconnect();
      own.destroy();
    };
  }, [lines, log, shade]);
  useEffect(() => {
    plot.current?.setData(dataOf(history, lines, log));
    read(plot.current?.cursor.idx ?? null);
  }, [history]);
  return (
    <div class="plot">
      <dl class="readings">{lines.map((line, i) => (
        <div key={line.name}><dt><i class={`ink-${line.ink} ${line.thin === true ? "thin" : ""}`} />{line.name}</dt>
          <dd class="num" ref={(element) => { readings.current[i] = element; }} /></div>))}</dl>
      <div class="plot-box" ref={box} role="img" aria-label={`${lines.map((line) => line.name).join(", ")} over the last 15 minutes`} />
    </div>
  );
}
