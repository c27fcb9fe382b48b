// Signs of the rail and of states. A state differs by shape first, by colour second.

import type { Page } from "../route";

const kPaths: Record<Exclude<Page, "instrument"> | "theme" | "help" | "search" | "book", string> = {
  overview: "M3 5h18M3 12h18M3 19h18M8 3v18",
  sinks: "M12 3v10m0 0 4-4m-4 4-4-4M4 15v4a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2v-4",
  connections: "M9 7H6a5 5 0 0 0 0 10h3M15 7h3a5 5 0 0 1 0 10h-3M8 12h8",
  performance: "M3 17l5-6 4 3 5-8 4 5M3 21h18",
  faults: "M13 2 5 14h6l-1 8 8-12h-6z",
  config: "M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4",
  theme: "M12 3a9 9 0 1 0 9 9 7 7 0 0 1-9-9z",
  help: "M9 9a3 3 0 1 1 4.2 2.7c-.8.4-1.2 1-1.2 2M12 17.5v.01M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18z",
  search: "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM16 16l5 5",
  book: "M4 6h10M4 10h6M4 14h13M4 18h8",
};

export function Icon({ name }: { name: keyof typeof kPaths }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={kPaths[name]} />
    </svg>
  );
}

/** good: disc; wait: ring; warn: triangle; bad: square; off: cross. */
export type Tone = "good" | "wait" | "warn" | "bad" | "off";

const kShapes: Record<Tone, preact.JSX.Element> = {
  good: <circle cx="6" cy="6" r="4.2" fill="currentColor" />,
  wait: <circle cx="6" cy="6" r="3.6" fill="none" stroke="currentColor" stroke-width="1.8" stroke-dasharray="3.4 2.2" />,
  warn: <path d="M6 1.2 11.2 10.4H.8Z" fill="currentColor" />,
  bad: <rect x="1.6" y="1.6" width="8.8" height="8.8" rx="1" fill="currentColor" />,
  off: <path d="M2.2 2.2l7.6 7.6M9.8 2.2 2.2 9.8" stroke="currentColor" stroke-width="2" stroke-linecap="round" />,
};

const kTones: Record<string, Tone> = {
  LIVE: "good", WAITING: "wait", GAP: "warn", DOWN: "bad", REFUSED: "off",
  live: "good", starting: "wait", degraded: "warn", down: "bad", stopping: "off",
  opening: "wait", waiting: "warn", closing: "off",
  open: "good", troubled: "warn", retrying: "warn", ended: "off",
};

const kNames: Record<string, string> = {
  LIVE: "Live", WAITING: "Waiting", GAP: "Gap", DOWN: "Down", REFUSED: "Refused",
};

export function toneOf(state: string): Tone {
  return kTones[state] ?? "off";
}

export function nameOf(state: string): string {
  return kNames[state] ?? state.charAt(0).toUpperCase() + state.slice(1);
}

export function Shape({ tone }: { tone: Tone }) {
  return <svg class={`shape ${tone}`} viewBox="0 0 12 12" aria-hidden="true">{kShapes[tone]}</svg>;
}

export function State({ state }: { state: string }) {
  const tone = toneOf(state);
  return <span class={`state ${tone}`}><Shape tone={tone} />{nameOf(state)}</span>;
}
