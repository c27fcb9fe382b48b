// Folded stacks ("main;run;decode 123", a line each) as the boxes of a flame graph.

export interface Box { name: string; depth: number; from: number; width: number; count: number }

interface Node { count: number; children: Map<string, Node> }

/** Narrower boxes could be neither seen nor hit. */
const kWidthMin = 0.002;
const kDepthMax = 64;

export interface FlameGraph { boxes: Box[]; total: number; depth: number }

const kBox = /<title>(.*): (\d+) samples, [\d.]+ %<\/title><rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"/g;
const kEntities: Record<string, string> = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": "\"" };

/** The collector's own picture of a profile, as boxes that take the colours of the page. Null: it is another picture. */
export function boxesOfPicture(svg: string): FlameGraph | null {
  const found = [...svg.matchAll(kBox)].map(([, name = "", count, left, top, width]) => ({
    name: name.replace(/&(amp|lt|gt|quot);/g, (entity) => kEntities[entity] ?? entity),
    count: Number(count), left: Number(left), top: Number(top), width: Number(width),
  }));
  const root = found[0];
  if (root === undefined || root.width === 0) return null;
  // The distance of two rows: the second lies below the first.
  const row = (found.find((box) => box.top > root.top)?.top ?? root.top + 1) - root.top;
  const boxes = found.map(({ name, count, left, top, width }) => ({
    name, count, depth: Math.round((top - root.top) / row), from: (left - root.left) / root.width, width: width / root.width,
  })).filter((box) => box.width >= kWidthMin && box.depth < kDepthMax);
  return { boxes, total: root.count, depth: Math.max(...boxes.map((box) => box.depth)) + 1 };
}

/** Null: the text has no line of that form. */
export function boxesOf(text: string): FlameGraph | null {
  const root: Node = { count: 0, children: new Map() };
  for (const line of text.split("\n")) {
    const found = /^(.+) (\d+)$/.exec(line.trim());
    if (found === null) continue;
    const count = Number(found[2]);
    let node = root;
    node.count += count;
    for (const name of (found[1] as string).split(";").slice(0, kDepthMax)) {
      const child: Node = node.children.get(name) ?? { count: 0, children: new Map() };
      node.children.set(name, child);
      child.count += count;
      node = child;
    }
  }
  if (root.count === 0) return null;
  const boxes: Box[] = [];
  place(root, 0, 0, root.count, boxes);
  return { boxes, total: root.count, depth: Math.max(...boxes.map((box) => box.depth)) + 1 };
}

function place(node: Node, depth: number, from: number, total: number, boxes: Box[]): void {
  let at = from;
  const children = [...node.children].sort((a, b) => (a[0] < b[0] ? -1 : 1));
  for (const [name, child] of children) {
    const width = child.count / total;
    if (width >= kWidthMin) {
      boxes.push({ name, depth, from: at, width, count: child.count });
      place(child, depth + 1, at, total, boxes);
    }
    at += width;
  }
}
