// A screen from events: no terminal, no timers. The text is what a terminal without colours would show.

import {renderToString} from 'ink';
import {Dashboard} from '../../../src/ui/components/dashboard/dashboard.js';
import {Strip} from '../../../src/ui/components/strip/strip.js';
import {createDevFeed, type DevFeed} from '../../../src/ui/dev-feed.js';
import type {Effect} from '../../../src/ui/screen/effects.js';
import type {ScreenEvent} from '../../../src/ui/screen/screen-event.js';
import type {ScreenState} from '../../../src/ui/screen/screen-state.js';
import {createStyle} from '../../../src/ui/style.js';
import {MORNING} from '../fake-session.js';

export type ScreenSetting = {
  readonly apps?: readonly string[];
  readonly notes?: readonly string[];
  readonly columns?: number;
  readonly rows?: number;
  readonly isColour?: boolean;
};

export type TestScreen = {
  /** Events as they come; what they lead to is shown. */
  push(...events: readonly ScreenEvent[]): void;
  /** Keys by their names, separated by spaces: `/ f o o enter`. */
  press(keys: string): void;
  /** The rows of the screen. */
  text(): string;
  state(): ScreenState;
  /** What was asked for beyond the screen, since the last call. */
  takeEffects(): readonly Effect[];
  readonly feed: DevFeed;
};

/** At 09:06:00, a bit later than the events of the fake session. */
export const NOW = MORNING + 53_000;

export function screenOf({
  apps = ['hello'],
  notes = [],
  columns = 80,
  rows = 24,
  isColour = false,
}: ScreenSetting = {}): TestScreen {
  let effects: Effect[] = [];
  const style = createStyle({isColour});
  const feed = createDevFeed({
    apps,
    size: {columns, rows},
    perform: effect => void effects.push(effect),
    now: () => NOW,
  });
  const push = (...events: readonly ScreenEvent[]): void => {
    for (const event of events) feed.push(event);
    feed.flush();
  };
  return {
    feed,
    push,
    press: keys => push(...keys.split(' ').map((key): ScreenEvent => ({type: 'key', key}))),
    state: feed.view,
    text() {
      const state = feed.view();
      const node =
        state.layout.screen === 'strip' ? (
          <Strip state={state} notes={notes} style={style} />
        ) : (
          <Dashboard state={state} style={style} />
        );
      return renderToString(node, {columns: state.layout.size.columns});
    },
    takeEffects() {
      const taken = effects;
      effects = [];
      return taken;
    },
  };
}
