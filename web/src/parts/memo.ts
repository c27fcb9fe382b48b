// A part that is drawn again only when its properties changed.

import { Component, h, type ComponentChild, type FunctionComponent } from "preact";

export function memo<P extends object>(
  draw: (props: P) => ComponentChild, same: (before: P, now: P) => boolean = shallowSame,
): FunctionComponent<P> {
  class Kept extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean { return !same(this.props as P, next as P); }
    override render(): ComponentChild { return draw(this.props as P); }
  }
  return (props: P) => h(Kept, props);
}

function shallowSame<P extends object>(before: P, now: P): boolean {
  for (const key in now) if (!Object.is(before[key], now[key])) return false;
  return true;
}
