// Light or dark: as the system says, until the switch is used.

import { Cell } from "./live/cell";

export type Theme = "light" | "dark";

const kKey = "marketprism.theme";
const system = matchMedia("(prefers-color-scheme: dark)");

// Where the browser forbids to keep it, the switch holds as long as the page.
let chosen: Theme | null = null;

function kept(): Theme | null {
  if (chosen !== null) return chosen;
  try {
    const value = localStorage.getItem(kKey);
    return value === "light" || value === "dark" ? value : null;
  } catch {
    return null;
  }
}

function current(): Theme {
  return kept() ?? (system.matches ? "dark" : "light");
}

export const theme = new Cell<Theme>(current());

function show(): void {
  document.documentElement.dataset.theme = current();
  theme.set(current());
}

show();
system.addEventListener("change", show);

export function switchTheme(): void {
  chosen = theme.value === "dark" ? "light" : "dark";
  show();
  try {
    localStorage.setItem(kKey, chosen);
  } catch {
    return;
  }
}

/** A colour of the style sheet as a canvas takes it. */
export function colour(name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}
