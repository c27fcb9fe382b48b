// The place of a flame graph: it draws a file of folded stacks, which never leaves the browser.

import { useState } from "preact/hooks";
import { boxesOf } from "../pure/flame";
import { countText, percentText } from "../pure/format";
import { Empty } from "./basic";

const kRowRem = 1.25;

function Graph({ graph }: { graph: NonNullable<ReturnType<typeof boxesOf>> }) {
  const [named, setNamed] = useState<string | null>(null);
  return (
    <div class="flame">
      <p class="flame-name num" aria-live="polite">{named ?? `${countText(graph.total)} samples`}</p>
      <div class="flame-boxes" style={{ height: `${graph.depth * kRowRem}rem` }}>
        {graph.boxes.map((box) => {
          const text = `${box.name}, ${percentText(box.width)}, ${countText(box.count)} samples`;
          return <span key={`${box.depth} ${box.from}`} class={`flame-box tint-${box.name.length % 4}`} title={text}
            onPointerEnter={() => setNamed(text)} style={{
              left: `${box.from * 100}%`, width: `${box.width * 100}%`, top: `${box.depth * kRowRem}rem`,
            }}>{box.width > 0.03 ? box.name : ""}</span>;
        })}
      </div>
    </div>
  );
}

export function Flame() {
  const [graph, setGraph] = useState<ReturnType<typeof boxesOf>>(null);
  const [problem, setProblem] = useState("");
  const open = async (file: File | undefined) => {
    if (file === undefined) return;
    const read = boxesOf(await file.text());
    setGraph(read);
    setProblem(read === null ? `${file.name} has no folded stacks: lines such as “main;run;decode 123” were expected.` : "");
  };
  return (
    <>
      {graph !== null ? <Graph graph={graph} />
        : <Empty title={problem || "No profile is open"}>
          Record one with <code>perf record -g -p PID</code>, fold it with <code>stackcollapse-perf.pl</code>, and open the file here.</Empty>}
      <label class="file"><span>Open folded stacks</span>
        <input type="file" accept=".txt,.folded,text/plain" onChange={(event) => void open(event.currentTarget.files?.[0])} /></label>
    </>
  );
}
