// The few building blocks of all pages.

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Refused, get } from "../live/rest";

export function Panel({ title, aside, children, class: more = "" }: {
  title: string; aside?: ComponentChildren; children: ComponentChildren; class?: string;
}) {
  return (
    <section class={`panel ${more}`}>
      <header class="panel-head"><h2>{title}</h2>{aside !== undefined && <div class="aside">{aside}</div>}</header>
      {children}
    </section>
  );
}

export function Figure({ label, value, unit, note, tone = "", children }: {
  label: string; value: string; unit?: string; note?: string; tone?: string; children?: ComponentChildren;
}) {
  return (
    <div class={`figure ${tone}`}>
      <dt>{label}</dt>
      <dd><span class="value">{value}{unit !== undefined && <small> {unit}</small>}</span>{children}</dd>
      {note !== undefined && <dd class="note">{note}</dd>}
    </div>
  );
}

/** Used of all there is; from four fifths on it warns, by a word too. */
export function Meter({ label, share, text }: { label: string; share: number; text: string }) {
  const tone = share >= 0.95 ? "bad" : share >= 0.8 ? "warn" : "";
  return <Bar label={label} share={share} text={text} tone={tone} />;
}

/** A share that may be whole without harm. */
export function Bar({ label, share, text, tone = "" }: { label: string; share: number; text: string; tone?: string }) {
  const full = Math.min(1, Math.max(0, share));
  return (
    <div class={`meter ${tone}`}>
      <div class="meter-text"><span>{label}</span><span class="num">{text}{tone !== "" && <b> · nearly full</b>}</span></div>
      <div class="meter-bar" role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={100}
        aria-valuenow={Math.round(full * 100)}>
        <span style={{ transform: `scaleX(${full})` }} />
      </div>
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return <div class="empty"><p class="empty-title">{title}</p>{children !== undefined && <p>{children}</p>}</div>;
}

export interface Column<T> {
  title: string;
  cell: (item: T) => ComponentChildren;
  /** Numbers stand at the right, one below the other. */
  number?: boolean;
  wide?: boolean;
}

export function Table<T>({ label, columns, rows, keyOf }: {
  label: string; columns: Column<T>[]; rows: T[]; keyOf: (item: T) => string;
}) {
  const kind = (column: Column<T>) => `${column.number === true ? "num" : ""} ${column.wide === true ? "wide" : ""}`;
  return (
    <div class="table-box" role="region" aria-label={label} tabIndex={0}>
      <table>
        <thead><tr>{columns.map((c) => <th key={c.title} scope="col" class={kind(c)}>{c.title}</th>)}</tr></thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>{columns.map((c) => <td key={c.title} class={kind(c)}>{c.cell(row)}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A value that is asked for once, or every so many milliseconds. */
export function useAnswer<T>(path: string, everyMs?: number): { data: T | null; failed: Refused | null } {
  const [answer, setAnswer] = useState<{ data: T | null; failed: Refused | null }>({ data: null, failed: null });
  useEffect(() => {
    let gone = false;
    const ask = () => get<T>(path).then(
      (data) => { if (!gone) setAnswer({ data, failed: null }); },
      (failed: unknown) => {
        if (!gone && failed instanceof Refused) setAnswer((before) => ({ data: before.data, failed }));
      });
    void ask();
    const timer = everyMs === undefined ? null : setInterval(() => { if (!document.hidden) void ask(); }, everyMs);
    return () => {
      gone = true;
      if (timer !== null) clearInterval(timer);
    };
  }, [path, everyMs]);
  return answer;
}

/** The measures of an element as they change. */
export function useSize<E extends HTMLElement>(): [JSX.HTMLAttributes<E>["ref"] & { current: E | null }, number, number] {
  const ref = useRef<E>(null);
  const [size, setSize] = useState<[number, number]>([0, 0]);
  useEffect(() => {
    const element = ref.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => {
      setSize((before) => before[0] === element.clientWidth && before[1] === element.clientHeight
        ? before : [element.clientWidth, element.clientHeight]);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, size[0], size[1]];
}

/** Pixels of a rem: it grows on very large screens. */
export function rem(): number {
  return parseFloat(getComputedStyle(document.documentElement).fontSize);
}
