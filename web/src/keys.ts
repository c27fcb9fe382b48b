// The keyboard: g and a letter goes to a page; pages add keys of their own.

import { useLayoutEffect } from "preact/hooks";
import { Cell } from "./live/cell";
import { go, hrefOf, type Page } from "./route";
import { switchTheme } from "./theme";

export const helpShown = new Cell<boolean>(false);

export const kPageKeys: readonly { key: string; page: Exclude<Page, "instrument">; title: string }[] = [
  { key: "o", page: "overview", title: "Overview" },
  { key: "s", page: "sinks", title: "Sinks" },
  { key: "c", page: "connections", title: "Connections" },
  { key: "p", page: "performance", title: "Performance" },
  { key: "f", page: "faults", title: "Faults" },
  { key: "e", page: "config", title: "Config" },
];

export const kOtherKeys: readonly { keys: string; title: string }[] = [
  { keys: "/", title: "Search the list" },
  { keys: "↑ ↓ or j k", title: "Move in the list of instruments" },
  { keys: "Enter", title: "Open the instrument" },
  { keys: "[ ]", title: "Instrument before, instrument after" },
  { keys: "- +", title: "Finer, coarser steps of the ladder" },
  { keys: "t", title: "Light or dark" },
  { keys: "?", title: "This list" },
  { keys: "Esc", title: "Close, or leave the search box" },
];

/** So long after g the letter may come. */
const kSequenceMs = 1500;

type Handler = (event: KeyboardEvent) => boolean;
const handlers = new Set<Handler>();

/** Keys of a page; the handler answers whether it took the key. What is shown is what a key finds: no key comes between both. */
export function useKeys(handler: Handler): void {
  useLayoutEffect(() => {
    handlers.add(handler);
    return () => { handlers.delete(handler); };
  });
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.matches("input, textarea, select") || target.isContentEditable);
}

let goMs = 0;

function take(event: KeyboardEvent): boolean {
  if (Date.now() - goMs < kSequenceMs) {
    goMs = 0;
    const found = kPageKeys.find(({ key }) => key === event.key);
    if (found === undefined) return false;
    helpShown.set(false);
    go(hrefOf(found.page));
    return true;
  }
  if (event.key === "g") goMs = Date.now();
  else if (event.key === "?") helpShown.set(!helpShown.value);
  else if (event.key === "t") switchTheme();
  else if (event.key === "/") {
    const box = document.querySelector<HTMLInputElement>("input[type=search]");
    box?.focus();
    return box !== null;
  } else return [...handlers].some((handler) => handler(event));
  return true;
}

export function listen(): void {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      helpShown.set(false);
      if (isTyping(event.target)) (event.target as HTMLElement).blur();
    } else if (!isTyping(event.target) && take(event)) event.preventDefault();
  });
}
