// Keys about the screen itself: what it shows, where the arrows go, and how it is left.

import {chooseApp, toggleOnly} from '../apps.js';
import {helpHeight, helpLines} from '../help-lines.js';
import {type Layout, paneBeside, TITLE_ROWS} from '../layout.js';
import {moveInLog, type RowMove, rowsFor} from '../log-moves.js';
import {planOf} from '../log-pane.js';
import {standAt} from '../reading.js';
import {DETAIL_INDENT, pathOf, requestDetail} from '../request-lines.js';
import {shownRequests} from '../request-list.js';
import {chosenRequest, closeRequest, moveRequest, openRequest, placeOfChosen} from '../requests.js';
import type {ScreenState} from '../screen-state.js';
import {NO_SEARCH} from '../search.js';
import {type Action, change, say, step} from './action.js';

const withLayout = (state: ScreenState, layout: Partial<Layout>): ScreenState => ({
  ...state,
  layout: {...state.layout, ...layout},
});

/** The log goes on where it was left: at its end. */
const toStrip = ({reading, search, ...state}: ScreenState): ScreenState =>
  withLayout(
    {...state, search: {...search, isTyping: false}, reading: {...standAt(reading, null), marked: null}},
    {screen: 'strip', help: null},
  );

export const dashboard = change(state =>
  state.layout.screen === 'strip' ? withLayout(state, {screen: 'dashboard', pane: 'log'}) : toStrip(state),
);

/** Below the log there may be no room for it: it has the whole screen, from which it leads back to where it was asked for. */
export const help = change(state =>
  withLayout(state, {screen: 'dashboard', help: {scrolled: 0, over: state.layout.screen}}),
);

export const closeHelp = change(state =>
  state.layout.help?.over === 'strip' ? toStrip(state) : withLayout(state, {help: null}),
);

export const nextPane = change(state => withLayout(state, {pane: paneBeside(state.layout.pane, 1)}));
export const previousPane = change(state => withLayout(state, {pane: paneBeside(state.layout.pane, -1)}));

/** Up, down, or to an end: of what the arrows are about. */
export const move = (by: RowMove): Action =>
  change(state => {
    if (state.layout.help !== null) return moveInHelp(state, by);
    switch (state.layout.pane) {
      case 'apps':
        return {...state, apps: chooseApp(state.apps, moved(state.apps.chosen, by, state.apps.names.length, 1))};
      case 'log':
        return moveInLog(state, by);
      case 'requests':
        return state.requests.opened === null ? moveInRequests(state, by) : moveInRequest(state, by);
    }
  });

function moveInHelp(state: ScreenState, by: RowMove): ScreenState {
  const {help, size} = state.layout;
  if (help === null) return state;
  const height = helpHeight(size);
  const last = Math.max(1, helpLines(state).length - height + 1);
  return withLayout(state, {help: {...help, scrolled: moved(help.scrolled, by, last, height)}});
}

function moveInRequests(state: ScreenState, by: RowMove): ScreenState {
  const shown = shownRequests(state);
  const place = placeOfChosen(state.requests, shown);
  const height = (planOf(state).requests?.rows ?? 1) - TITLE_ROWS;
  return {...state, requests: moveRequest(state.requests, shown, moved(place, by, shown.length, height) - place)};
}

function moveInRequest(state: ScreenState, by: RowMove): ScreenState {
  const {requests} = state;
  const {columns, rows} = planOf(state).detail ?? {columns: 0, rows: TITLE_ROWS};
  const height = rows - TITLE_ROWS;
  const {opened} = requests;
  const count = opened?.state === 'loaded' ? requestDetail(opened.detail, columns - DETAIL_INDENT).length : 1;
  const last = Math.max(1, count - height + 1);
  return {...state, requests: {...requests, scrolled: moved(requests.scrolled, by, last, height)}};
}

/** The place after a move among so many, in a window of that height. */
function moved(place: number, by: RowMove, count: number, height: number): number {
  if (by === 'first') return 0;
  const next = by === 'last' ? count - 1 : place + rowsFor(by, height);
  return Math.max(0, Math.min(count - 1, next));
}

export const enter: Action = state => {
  const {layout, requests, apps} = state;
  if (layout.pane === 'apps') return step({...state, apps: toggleOnly(apps)});
  if (layout.pane === 'log') return step(state);
  const id = chosenRequest(requests, shownRequests(state))?.id;
  return id === undefined
    ? say(state, 'no request yet')
    : step({...state, requests: openRequest(requests, id)}, {type: 'load-request', id});
};

export const replay: Action = state => {
  const chosen = chosenRequest(state.requests, shownRequests(state));
  if (state.layout.pane !== 'requests' || chosen === undefined) return say(state, 'choose a request first');
  return say(state, `sending ${chosen.method} ${pathOf(chosen.url)} again`, {type: 'replay', id: chosen.id});
};

/** Undoes the last thing that is still there. */
export const back = change(state => {
  const {requests, search, reading, layout} = state;
  if (layout.pane === 'requests' && requests.opened !== null) return {...state, requests: closeRequest(requests)};
  if (search.text !== '') return {...state, search: NO_SEARCH, reading: {...reading, marked: null}};
  if (reading.position !== null) return {...state, reading: {...standAt(reading, null), marked: null}};
  return toStrip(state);
});

export const background: Action = state => step(state, {type: 'leave', outcome: 'background'});
export const quit: Action = state => step(state, {type: 'leave', outcome: 'stop'});
