// Keys about the log and what is searched for in it.

import {markNewestMatch, moveToLastError, moveToMatch} from '../log-moves.js';
import {clear as clearReading, nextLevel, togglePause} from '../reading.js';
import {hasSearched, shownRequests} from '../request-list.js';
import {moveRequest, placeOfChosen} from '../requests.js';
import {type ScreenState, withFlash} from '../screen-state.js';
import {endTyping, erase, NO_SEARCH, type Search, startSearch, typeText} from '../search.js';
import {type Action, change, step} from './action.js';

/** In the scrollback the terminal itself searches; here the kept lines are, on the whole screen. */
export const search = change(state => ({
  ...searchFor(state, startSearch(state.search)),
  layout: {...state.layout, screen: 'dashboard', pane: state.layout.pane === 'requests' ? 'requests' : 'log'},
}));

export const find = change(({search, ...state}) => {
  const found = {...state, search: endTyping(search)};
  return search.text === '' || hasMatch(found) ? found : withFlash(found, `nothing has "${search.text}"`);
});

export const cancel = change(state => searchFor(state, NO_SEARCH));
export const eraseLetter = change(state => searchFor(state, erase(state.search)));
export const eraseAll = change(state => searchFor(state, startSearch(state.search)));
export const typeLetters = (state: ScreenState, text: string): ScreenState =>
  searchFor(state, typeText(state.search, text));

/** Goes to the newest match while the text is typed. */
const searchFor = (state: ScreenState, search: Search): ScreenState => markNewestMatch({...state, search});

export const nextMatch = change(state => toMatch(state, 'newer'));
export const previousMatch = change(state => toMatch(state, 'older'));

function toMatch(state: ScreenState, direction: 'older' | 'newer'): ScreenState {
  if (state.search.text === '') return withFlash(state, 'type / to search');
  if (state.layout.pane === 'requests') return toMatchingRequest(state, direction);
  return moveToMatch(state, direction) ?? withFlash(state, noMatch(state, direction));
}

const noMatch = ({reading, search}: ScreenState, direction: 'older' | 'newer'): string =>
  reading.marked === null ? `nothing has "${search.text}"` : `no ${direction} match`;

function toMatchingRequest(state: ScreenState, direction: 'older' | 'newer'): ScreenState {
  const {requests, search} = state;
  const shown = shownRequests(state);
  const place = placeOfChosen(requests, shown);
  const matches = shown.flatMap((exchange, index) => (hasSearched(exchange, search.text) ? [index] : []));
  const next = direction === 'older' ? matches.findLast(index => index < place) : matches.find(index => index > place);
  if (next === undefined) return withFlash(state, `no ${direction} match`);
  return {...state, requests: moveRequest(requests, shown, next - place)};
}

const hasMatch = (state: ScreenState): boolean =>
  state.layout.pane === 'requests'
    ? shownRequests(state).some(exchange => hasSearched(exchange, state.search.text))
    : state.reading.marked !== null;

export const onlyMatches = change(({search, ...state}) =>
  search.text === ''
    ? withFlash({...state, search}, 'type / to search')
    : markNewestMatch({...state, search: {...search, isOnlyMatches: !search.isOnlyMatches}}),
);

export const lastError = change(state => {
  const shown: ScreenState = {...state, layout: {...state.layout, screen: 'dashboard', pane: 'log'}};
  const isFurther = state.reading.marked?.as === 'error';
  return moveToLastError(shown) ?? withFlash(state, isFurther ? 'no error before this one' : 'no error in the log');
});

export const level = change(({reading, ...state}) => ({...state, reading: {...reading, minLevel: nextLevel(reading)}}));

export const pause = change(({reading, ...state}) => ({...state, reading: togglePause(reading)}));

export const clear: Action = ({reading, ...state}) =>
  step({...state, reading: clearReading(reading)}, {type: 'clear-log'});

export const times = change(({reading, ...state}) =>
  withFlash(
    {...state, reading: {...reading, showTime: !reading.showTime}},
    reading.showTime ? 'no timestamps' : 'timestamps',
  ),
);

export const wrap = change(({reading, ...state}) =>
  withFlash(
    {...state, reading: {...reading, isCut: !reading.isCut}},
    reading.isCut ? 'long lines are wrapped' : 'long lines are cut',
  ),
);
