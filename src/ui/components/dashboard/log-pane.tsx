import {type ReactNode, useMemo} from 'react';
import {useSameFields} from '../../hooks/use-same-fields.js';
import type {LogBlock} from '../../log/log-block.js';
import {type Area, TITLE_ROWS} from '../../screen/layout.js';
import {logViewOf, MARK_COLUMNS} from '../../screen/log-pane.js';
import {createLogRenderer} from '../../screen/log-window.js';
import {readable, toPlace} from '../../screen/reading.js';
import type {ScreenState} from '../../screen/screen-state.js';
import {seenBlocks} from '../../screen/scroll.js';
import {createTextMatcher} from '../../screen/text-matcher.js';
import type {Style} from '../../style.js';
import {PaneFrame} from './pane-frame.js';

export type LogPaneProps = {
  readonly state: ScreenState;
  readonly area: Area;
  readonly style: Style;
};

/** The part of the log that is in sight. Nothing else of it is rendered. */
export function LogPane({state, area, style}: LogPaneProps): ReactNode {
  const {reading, search, layout} = state;
  const view = useSameFields(logViewOf(state, area.columns - MARK_COLUMNS, style));
  const render = useMemo(() => createLogRenderer(view), [view]);
  const matches = useMemo(() => createTextMatcher(search.text), [search.text]);
  const window = render(readable(reading));
  const markOf = (block: LogBlock): string => {
    if (block.id === reading.marked?.id) return style.bold('❯ ');
    return matches(block) ? style.yellow('· ') : '  ';
  };
  const seen = seenBlocks(window, toPlace(window.kept, reading.position), area.rows - TITLE_ROWS);
  const rows = seen.flatMap(({index, fromRow, toRow}) => {
    const block = window.kept[index];
    const mark = block ? markOf(block) : '';
    return window
      .rowsAt(index)
      .slice(fromRow, toRow)
      .map(row => mark + row);
  });
  return (
    <PaneFrame
      area={area}
      title={titleOf(state, rows.length, () => window.kept.filter(matches).length)}
      isFocused={layout.pane === 'log'}
      rows={rows}
      style={style}
    />
  );
}

function titleOf({reading, search}: ScreenState, rows: number, countMatches: () => number): readonly string[] {
  const found = `${search.isOnlyMatches ? 'only the ' : ''}${countMatches()} with "${search.text}"`;
  return [
    'Log',
    ...(reading.minLevel === null ? [] : [reading.minLevel === 'warning' ? 'warnings and errors' : 'errors']),
    ...(search.text === '' ? [] : [found]),
    ...(rows === 0 ? ['nothing to show'] : []),
  ];
}
