// Exact decimals as whole numbers of a smallest unit: prices and quantities are summed without rounding.

/** Digits behind the point, trailing zeros not counted. */
export function placesOf(text: string): number {
  const point = text.indexOf(".");
  if (point < 0) return 0;
  let end = text.length;
  while (end > point + 1 && text[end - 1] === "0") end--;
  return end - point - 1;
}

/** The number in units of 10^-places; digits beyond are cut off, which callers avoid by enough places. */
export function unitsOf(text: string, places: number): bigint {
  const negative = text.startsWith("-");
  const [whole = "0", part = ""] = (negative ? text.slice(1) : text).split(".");
  const units = BigInt((whole || "0") + part.slice(0, places).padEnd(places, "0"));
  return negative ? -units : units;
}

/** The other way; all places are written, so that columns line up. */
export function textOf(units: bigint, places: number): string {
  const negative = units < 0n;
  const digits = (negative ? -units : units).toString().padStart(places + 1, "0");
  const whole = digits.slice(0, digits.length - places);
  const text = places === 0 ? whole : `${whole}.${digits.slice(digits.length - places)}`;
  return negative ? `-${text}` : text;
}

/** A power of ten as the venue would write it: "0.01", "1", "100". */
export function powerOfTen(exponent: number): string {
  return exponent >= 0 ? "1" + "0".repeat(exponent) : textOf(1n, -exponent);
}
