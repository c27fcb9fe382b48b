// Routes behind the #: they need nothing of the server, and the back button works.

import { Cell } from "./live/cell";

export type Page = "overview" | "instrument" | "sinks" | "connections" | "performance" | "faults" | "config";

export interface Route { page: Page; venue: string; name: string }

const kPages: readonly Page[] = ["overview", "sinks", "connections", "performance", "faults", "config"];

export function parse(hash: string): Route {
  const [first = "", ...rest] = hash.replace(/^#\/?/, "").split("/").map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
  if (first === "instrument" && rest[0] && rest[1]) return { page: "instrument", venue: rest[0], name: rest.slice(1).join("/") };
  return { page: kPages.find((page) => page === first) ?? "overview", venue: "", name: "" };
}

export function hrefOf(page: Page): string {
  return page === "overview" ? "#/" : `#/${page}`;
}

export function instrumentHref(venue: string, name: string): string {
  return `#/instrument/${encodeURIComponent(venue)}/${encodeURIComponent(name)}`;
}

export const route = new Cell<Route>(parse(location.hash));

addEventListener("hashchange", () => route.set(parse(location.hash)));

export function go(href: string): void {
  location.hash = href;
}
