import {Text} from 'ink';
import type {ReactNode} from 'react';
import {PANES} from '../../screen/layout.js';
import type {ScreenState} from '../../screen/screen-state.js';
import {standingOf} from '../../screen/standing.js';
import type {Style} from '../../style.js';

export type HeaderProps = {readonly state: ScreenState; readonly style: Style};

/** `tako  apps [log] requests  paused · 12 new lines`. */
export function Header({state, style}: HeaderProps): ReactNode {
  const {layout} = state;
  const panes = PANES.map(pane => (pane === layout.pane ? style.bold(`[${pane}]`) : ` ${pane} `)).join('');
  const parts = layout.help === null ? [panes, style.yellow(standingOf(state).join(' · '))] : [style.bold('keys')];
  return <Text wrap="truncate-end">{[style.bold('tako'), ...parts].join('  ').trimEnd()}</Text>;
}
