// From keys to what they do.

import {actionOf, type KeyAction, type KeyContext} from '../keys/key-table.js';
import type {Action} from './actions/action.js';
import * as app from './actions/app-actions.js';
import * as log from './actions/log-actions.js';
import * as screen from './actions/screen-actions.js';
import type {ScreenState, Step} from './screen-state.js';

const ACTIONS: Readonly<Record<KeyAction, Action>> = {
  restart: app.restart,
  open: app.open,
  copy: app.copy,
  lan: app.lan,
  inspector: app.inspector,
  app: app.app,
  'next-app': app.nextApp,
  'previous-app': app.previousApp,
  only: app.onlyApp,
  hide: app.hideApp,
  'show-all': app.showAllApps,
  search: log.search,
  find: log.find,
  cancel: log.cancel,
  erase: log.eraseLetter,
  'erase-all': log.eraseAll,
  'next-match': log.nextMatch,
  'previous-match': log.previousMatch,
  'only-matches': log.onlyMatches,
  'last-error': log.lastError,
  level: log.level,
  pause: log.pause,
  clear: log.clear,
  times: log.times,
  wrap: log.wrap,
  dashboard: screen.dashboard,
  help: screen.help,
  'close-help': screen.closeHelp,
  'next-pane': screen.nextPane,
  'previous-pane': screen.previousPane,
  up: screen.move('up'),
  down: screen.move('down'),
  'page-up': screen.move('page-up'),
  'page-down': screen.move('page-down'),
  first: screen.move('first'),
  last: screen.move('last'),
  enter: screen.enter,
  replay: screen.replay,
  back: screen.back,
  background: screen.background,
  quit: screen.quit,
};

/** Where the next key is typed. */
export function contextOf({search, layout}: ScreenState): KeyContext {
  if (layout.help !== null) return 'help';
  return search.isTyping ? 'search' : layout.screen;
}

/** What a key leads to. One that means nothing is a letter of the search that is typed, or nothing. */
export function pressKey(state: ScreenState, key: string): Step {
  const context = contextOf(state);
  const action = actionOf(key, context, state.apps.names.length);
  if (action !== undefined) return ACTIONS[action](state, key);
  return {state: context === 'search' ? log.typeLetters(state, letterOf(key)) : state, effects: []};
}

/** Other names of keys, such as `pageup`, are no letters. */
const letterOf = (key: string): string => (key === 'space' ? ' ' : [...key].length === 1 ? key : '');

/** Pasted text is for the search, and nothing elsewhere: it would be read as keys, `q` among them. */
export const paste = (state: ScreenState, text: string): ScreenState =>
  state.search.isTyping ? log.typeLetters(state, text) : state;
