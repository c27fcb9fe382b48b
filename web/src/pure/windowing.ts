// Which rows of a long list are drawn: those that are seen, and a few around them.

export interface Viewport { top: number; height: number; rowHeight: number; count: number; around: number }

export interface Window { first: number; end: number; before: number; after: number }

export function windowOf({ top, height, rowHeight, count, around }: Viewport): Window {
  const seen = Math.ceil(height / rowHeight) + 1;
  const begin = Math.min(Math.max(0, Math.floor(top / rowHeight)), Math.max(0, count - seen));
  const first = Math.max(0, begin - around);
  const end = Math.min(count, begin + seen + around);
  return { first, end, before: first * rowHeight, after: (count - end) * rowHeight };
}

/** Where to scroll so that a row is seen; null: it is seen already. */
export function scrollTo(row: number, { top, height, rowHeight }: Viewport): number | null {
  const begin = row * rowHeight;
  if (begin < top) return begin;
  if (begin + rowHeight > top + height) return begin + rowHeight - height;
  return null;
}
