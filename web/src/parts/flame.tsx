// A flame graph: of the collector itself, which looks at its threads for a while, or of a file of folded stacks, which never
// leaves the browser.

import { useEffect, useState } from "preact/hooks";
import type { Profile } from "../api";
import { get, getText, post, Refused } from "../live/rest";
import { boxesOf, boxesOfPicture, type FlameGraph } from "../pure/flame";
import { countText, percentText } from "../pure/format";
import { Empty } from "./basic";

const kRowRem = 1.25;
const kSeconds = 10;
const kLookMs = 500;

function Graph({ graph }: { graph: FlameGraph }) {
  const [named, setNamed] = useState<string | null>(null);
  return (
    <div class="flame">
      <p class="flame-name num" aria-live="polite">{named ?? `${countText(graph.total)} samples; callers above callees`}</p>
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

interface Shown { graph: FlameGraph | null; text: string; running: boolean }

/** The last profile, and what is made of the one that is begun here. */
function useProfile(): [Shown, (shown: Shown) => void, () => void] {
  const [shown, setShown] = useState<Shown>({ graph: null, text: "", running: false });
  const [round, setRound] = useState(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    let gone = false;
    const look = async () => {
      const { state, problem, bottleneck, samples } = await get<Profile>("profile");
      if (gone) return;
      if (state === "running") {
        setShown((before) => ({ ...before, text: "", running: true }));
        timer = setTimeout(() => void look().catch(failed), kLookMs);
      } else if (state === "failed") setShown({ graph: null, text: problem, running: false });
      else if (state === "done") {
        const graph = samples === 0 ? null : boxesOfPicture(await getText("profile/flame.svg"));
        if (!gone) setShown({ graph, text: bottleneck, running: false });
      }
    };
    const failed = (why: unknown) => {
      if (!gone) setShown({ graph: null, text: why instanceof Refused ? why.message : String(why), running: false });
    };
    void look().catch(failed);
    return () => {
      gone = true;
      if (timer !== null) clearTimeout(timer);
    };
  }, [round]);
  const record = () => {
    setShown((before) => ({ ...before, running: true }));
    void post(`profile?seconds=${kSeconds}`).catch((why: unknown) => {
      setShown({ graph: null, text: why instanceof Refused ? why.message : String(why), running: false });
    }).then(() => setRound((before) => before + 1));
  };
  return [shown, setShown, record];
}

export function Flame() {
  const [{ graph, text, running }, setShown, record] = useProfile();
  const open = async (file: File | undefined) => {
    if (file === undefined) return;
    const read = boxesOf(await file.text());
    const problem = `${file.name} has no folded stacks: lines such as “main;run;decode 123” were expected.`;
    setShown({ graph: read, text: read === null ? problem : file.name, running: false });
  };
  return (
    <>
      {text !== "" && graph !== null && <p class="remark">{text}</p>}
      {graph !== null ? <Graph graph={graph} />
        : <Empty title={running ? "The collector looks at its threads …" : text || "No profile yet"}>
          What takes the time: each box is a function, as wide as its share of the processor.</Empty>}
      <div class="flame-choices">
        <button type="button" class="quiet" disabled={running} onClick={record}>
          {running ? `Recording ${kSeconds} s …` : `Record ${kSeconds} s`}</button>
        <label class="file"><span>Open folded stacks</span>
          <input type="file" accept=".txt,.folded,text/plain" onChange={(event) => void open(event.currentTarget.files?.[0])} /></label>
      </div>
    </>
  );
}
