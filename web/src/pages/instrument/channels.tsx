// The channels of an instrument, and the button that takes its book anew.

import { useState } from "preact/hooks";
import type { Channel, Instrument } from "../../api";
import { bookPath, post, Refused } from "../../live/rest";
import { Empty, Panel, Table, type Column } from "../../parts/basic";
import { State } from "../../parts/icons";
import { countText } from "../../pure/format";

const kColumns: Column<Channel>[] = [
  { title: "Channel", cell: (channel) => <b>{channel.channel}</b> },
  { title: "State", cell: (channel) => <State state={channel.state} /> },
  { title: "Events", number: true, cell: (channel) => countText(channel.events) },
  { title: "Legs", number: true, cell: (channel) => channel.legs },
];

function Resync({ item }: { item: Instrument }) {
  const [said, setSaid] = useState("");
  const ask = () => {
    setSaid("Asking …");
    post(`${bookPath(item.venue, item.symbol)}/resync`).then(
      () => setSaid("The book is being taken anew."),
      (failed: unknown) => setSaid(failed instanceof Refused ? failed.message : String(failed)));
  };
  return <><span role="status">{said}</span><button type="button" class="quiet" onClick={ask}>Take the book anew</button></>;
}

export function Channels({ item }: { item: Instrument }) {
  return (
    <Panel title="Channels" class="channels-panel" aside={<Resync item={item} />}>
      {item.channels.length === 0 ? <Empty title="No channel is open" />
        : <Table label="Channels" columns={kColumns} rows={item.channels} keyOf={(channel) => channel.channel} />}
    </Panel>
  );
}
