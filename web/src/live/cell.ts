// A value that changes, and the hook that draws it. Messages only set values; drawing waits for the next frame.

import { options } from "preact";
import { useEffect, useState } from "preact/hooks";

// All parts that have to be drawn again are drawn together, at most once a frame; never while the tab is hidden.
options.debounceRendering = (draw) => { requestAnimationFrame(() => draw()); };

export class Cell<T> {
  private readonly listeners = new Set<() => void>();

  constructor(private now: T) {}

  get value(): T { return this.now; }

  set(value: T): void {
    if (Object.is(value, this.now)) return;
    this.now = value;
    for (const listener of this.listeners) listener();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => { this.listeners.delete(listener); };
  }
}

/** The value, or what is chosen from it: who chooses is drawn again only when the choice changed. */
export function useCell<T>(cell: Cell<T>): T;
export function useCell<T, S>(cell: Cell<T>, choose: (value: T) => S): S;
export function useCell<T, S>(cell: Cell<T>, choose?: (value: T) => S): T | S {
  const chosen = () => (choose === undefined ? cell.value : choose(cell.value));
  const [, redraw] = useState({});
  const now = chosen();
  useEffect(() => {
    let shown = chosen();
    const look = () => {
      const next = chosen();
      if (Object.is(next, shown)) return;
      shown = next;
      redraw({});
    };
    // It may have changed between the drawing and this effect.
    if (!Object.is(shown, now)) redraw({});
    return cell.subscribe(look);
  }, [cell]);
  return now;
}

/** Listens to changes, but is told of them no more often than that; of the last one always. It is told at a change, where one
    comes in time, so that what comes together is drawn together. */
export function paced<T>(cell: Cell<T>, everyMs: number, listener: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let toldMs = -Infinity;
  const tell = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    toldMs = Date.now();
    listener();
  };
  const end = cell.subscribe(() => {
    if (Date.now() - toldMs >= everyMs) tell();
    else timer ??= setTimeout(tell, 2 * everyMs);
  });
  return () => {
    end();
    if (timer !== null) clearTimeout(timer);
  };
}

/** The value, drawn again no more often than that: what nobody can read faster. */
export function useCalm<T>(cell: Cell<T>, everyMs: number): T {
  const [, redraw] = useState({});
  useEffect(() => paced(cell, everyMs, () => redraw({})), [cell, everyMs]);
  return cell.value;
}
