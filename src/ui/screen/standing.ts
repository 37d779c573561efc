import {formatCount} from '../format.js';
import {isShown} from '../log/log-search.js';
import {NO_COLOURS} from '../style.js';
import {chosenApp} from './apps.js';
import {logViewOf} from './log-pane.js';
import {countNew} from './reading.js';
import type {ScreenState} from './screen-state.js';

/** How the log stands, in words: what of it is held or left out. Empty: all of it is shown as it comes. */
export function standingOf(state: ScreenState): readonly string[] {
  const {apps, reading} = state;
  return [
    ...(reading.pausedAfter === null ? [] : ['paused']),
    ...newLines(state),
    ...(apps.isOnly ? [`only ${chosenApp(apps)}`] : []),
    ...(!apps.isOnly && apps.hidden.size > 0 ? [`hidden: ${[...apps.hidden].join(', ')}`] : []),
    ...(reading.isCut ? ['long lines cut'] : []),
  ];
}

function newLines(state: ScreenState): readonly string[] {
  const view = logViewOf(state, state.layout.size.columns, NO_COLOURS);
  const count = countNew(state.reading, block => isShown(block, view));
  return count === 0 ? [] : [`${formatCount(count)} new ${count === 1 ? 'line' : 'lines'}`];
}
