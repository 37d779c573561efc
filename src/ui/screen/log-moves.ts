// Where to in the log: by rows, by what is searched for, by errors.

import type {LogBlock} from '../log/log-block.js';
import {findLastError, findMatch} from '../log/log-search.js';
import {type MeasuredLog, measureLog} from './log-pane.js';
import {type Marked, standAt, toPlace, toPosition} from './reading.js';
import type {ScreenState} from './screen-state.js';
import {scrollBy, scrollTo, scrollToFirst} from './scroll.js';

export type RowMove = 'up' | 'down' | 'page-up' | 'page-down' | 'first' | 'last';

export function moveInLog(state: ScreenState, move: RowMove): ScreenState {
  const {reading} = state;
  if (move === 'last') return {...state, reading: standAt(reading, null)};
  const {window, height} = measureLog(state);
  const place =
    move === 'first'
      ? scrollToFirst(window, height)
      : scrollBy(window, toPlace(window.kept, reading.position), rowsFor(move, height), height);
  return {...state, reading: standAt(reading, toPosition(window.kept, place))};
}

/** So many rows a move is about. A page leaves a row in sight that was there before. */
export function rowsFor(move: Exclude<RowMove, 'first' | 'last'>, height: number): number {
  const page = Math.max(1, height - 1);
  return {up: -1, down: 1, 'page-up': -page, 'page-down': page}[move];
}

/** To the nearest match from the marked one on; from none, the newest. Undefined: there is none. */
export function moveToMatch(state: ScreenState, direction: 'older' | 'newer'): ScreenState | undefined {
  const measured = measureLog(state);
  const from = markedBlock(state, measured, 'match', direction);
  const match = findMatch(measured.window.kept, measured.view, from ? direction : 'older', from);
  return match && mark(state, measured, match, 'match');
}

/** Marks the newest match, or nothing where there is none. */
export function markNewestMatch(state: ScreenState): ScreenState {
  const unmarked = {...state, reading: {...state.reading, marked: null}};
  return state.search.text === '' ? unmarked : (moveToMatch(unmarked, 'older') ?? unmarked);
}

/** To the newest error, or the one before the error that is marked. Undefined: there is none. */
export function moveToLastError(state: ScreenState): ScreenState | undefined {
  const measured = measureLog(state);
  const from = markedBlock(state, measured, 'error', 'older');
  const error = findLastError(measured.window.kept, measured.view, from);
  return error && mark(state, measured, error, 'error');
}

/** What is marked, if it is that. What is said several times in a row is left at its other end. */
function markedBlock(
  {reading: {marked}}: ScreenState,
  {window: {kept, runOf}}: MeasuredLog,
  as: Marked['as'],
  direction: 'older' | 'newer',
): LogBlock | undefined {
  const place = marked?.as === as ? kept.findIndex(({id}) => id === marked.id) : -1;
  if (place < 0) return undefined;
  const [first, last] = runOf(place);
  return kept[direction === 'older' ? first : last];
}

function mark(state: ScreenState, {window, height}: MeasuredLog, block: LogBlock, as: Marked['as']): ScreenState {
  const [first] = window.runOf(window.kept.indexOf(block));
  const position = toPosition(window.kept, scrollTo(window, first, height));
  const id = window.kept[first]?.id ?? block.id;
  return {...state, reading: {...standAt(state.reading, position), marked: {id, as}}};
}
