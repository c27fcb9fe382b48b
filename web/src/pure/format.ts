// Numbers, times and amounts as people read them. An unknown value is a dash everywhere.

import { placesOf } from "./decimal";

export const kUnknown = "–";

/** "91234.29" to "91,234.29". */
export function grouped(text: string): string {
  const [whole = "", part] = text.split(".");
  const sign = whole.startsWith("-") ? "-" : "";
  const digits = whole.slice(sign.length).replace(/\B(?=(\d{3})+$)/g, ",");
  return sign + digits + (part === undefined ? "" : `.${part}`);
}

/** Zeros behind the point are cut or added until there are so many places; other digits always stay. */
export function toPlaces(text: string, places: number): string {
  const point = text.indexOf(".");
  const whole = point < 0 ? text : text.slice(0, point);
  const part = point < 0 ? "" : text.slice(point + 1);
  const wanted = Math.max(places, placesOf(text));
  return wanted === 0 ? whole : `${whole}.${part.slice(0, wanted).padEnd(wanted, "0")}`;
}

/** As the venue gave it, to the tick: "91234.71000000" by tick "0.01" is "91,234.71". */
export function priceText(price: string | null | undefined, tick: string | null): string {
  if (price === null || price === undefined || price === "") return kUnknown;
  return grouped(tick === null ? price : toPlaces(price, placesOf(tick)));
}

export function countText(count: number | null): string {
  return count === null ? kUnknown : grouped(String(Math.round(count)));
}

/** Three digits and a letter: 4.12 k, 31.0 M. */
export function shortCount(count: number | null): string {
  return count === null ? kUnknown : scaled(count, 1000, ["", "k", "M", "G", "T"]);
}

export function bytesText(bytes: number | null): string {
  return bytes === null ? kUnknown : scaled(bytes, 1000, ["B", "kB", "MB", "GB", "TB"]);
}

function scaled(value: number, base: number, units: string[]): string {
  let size = Math.abs(value);
  let step = 0;
  while (size >= base * 0.9995 && step < units.length - 1) {
    size /= base;
    step++;
  }
  const text = step === 0 ? String(Math.round(size)) : digits3(size);
  return `${value < 0 ? "-" : ""}${text}${units[step] === "" ? "" : ` ${units[step]}`}`;
}

function digits3(value: number): string {
  return value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

/** A latency, from nanoseconds to seconds. */
export function microsText(us: number | null): string {
  if (us === null) return kUnknown;
  if (us < 0) return `-${microsText(-us)}`;
  if (us < 0.9995) return `${Math.round(us * 1000)} ns`;
  if (us < 999.5) return `${digits3(us)} µs`;
  if (us < 999_500) return `${digits3(us / 1000)} ms`;
  return `${digits3(us / 1e6)} s`;
}

export function millisText(ms: number | null): string {
  return ms === null ? kUnknown : microsText(ms * 1000);
}

/** A delay that is told in whole milliseconds. */
export function delayText(ms: number | null): string {
  return ms === null ? kUnknown : Math.abs(ms) < 1 ? "< 1 ms" : millisText(ms);
}

/** How long ago, calm: what is below a second does not flicker. */
export function ageText(ms: number | null): string {
  if (ms === null) return kUnknown;
  return ms < 1000 ? "< 1 s" : spanText(ms / 1000);
}

/** 12 s, 4 min 10 s, 3 h 12 min, 2 d 4 h. */
export function spanText(seconds: number | null): string {
  if (seconds === null) return kUnknown;
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return two(s, 60, "min", "s");
  if (s < 86_400) return two(Math.floor(s / 60), 60, "h", "min");
  return two(Math.floor(s / 3600), 24, "d", "h");
}

function two(value: number, base: number, big: string, small: string): string {
  const rest = value % base;
  return `${Math.floor(value / base)} ${big}${rest === 0 ? "" : ` ${rest} ${small}`}`;
}

/** A share of one. Availability needs the nines: 99.987 %. */
export function percentText(share: number | null, places = 1): string {
  if (share === null) return kUnknown;
  // Never rounded up to 100 %: that would say that nothing was lost.
  const percent = share >= 1 ? 100 : Math.min(share * 100, 100 - 10 ** -places);
  return `${percent === 100 ? "100" : percent.toFixed(places)} %`;
}

/** The UTC time of day of "2026-11-26T07:00:00.123456789Z". */
export function clockText(time: string | null, digits: 0 | 3 | 6 = 0): string {
  if (time === null) return kUnknown;
  const clock = time.slice(11, 19);
  return digits === 0 ? clock : `${clock}.${(time.slice(20).match(/^\d*/)?.[0] ?? "").padEnd(digits, "0").slice(0, digits)}`;
}

export function clockOf(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}

export function basisPoints(bp: number | null): string {
  if (bp === null) return kUnknown;
  return bp > 0 && bp < 0.005 ? "< 0.01" : bp.toFixed(2);
}

/** "1 gap", "2 gaps". */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}
