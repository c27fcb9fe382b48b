// Folded stacks ("main;run;decode 123", a line each) as the boxes of a flame graph.

export interface Box { name: string; depth: number; from: number; width: number; count: number }

interface Node { count: number; children: Map<string, Node> }

/** Narrower boxes could be neither seen nor hit. */
const kWidthMin = 0.002;
const kDepthMax = 64;

/** Null: the text has no line of that form. */
export function boxesOf(text: string): { boxes: Box[]; total: number; depth: number } | null {
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
