import {type Apps, createApps} from './apps.js';
import type {Effect} from './effects.js';
import type {Layout, Size} from './layout.js';
import {NO_READING, type Reading} from './reading.js';
import {NO_REQUESTS, type Requests} from './requests.js';
import {NO_SEARCH, type Search} from './search.js';

/** All that is on the screen. It changes by `reduceScreen` only. */
export type ScreenState = {
  readonly apps: Apps;
  readonly reading: Reading;
  readonly requests: Requests;
  readonly search: Search;
  readonly layout: Layout;
  /** The answer to a key, shown for a moment. */
  readonly flash: Flash | null;
  /** Milliseconds since the epoch, renewed every second. */
  readonly now: number;
};

export type Flash = {readonly text: string; readonly until: number};

/** What an event leads to: the next state, and what is to be done. */
export type Step = {readonly state: ScreenState; readonly effects: readonly Effect[]};

export const createScreenState = (apps: readonly string[], size: Size, now: number): ScreenState => ({
  apps: createApps(apps),
  reading: NO_READING,
  requests: NO_REQUESTS,
  search: NO_SEARCH,
  layout: {size, screen: 'strip', pane: 'log', help: null},
  flash: null,
  now,
});

/** Long enough to read a short line. */
const FLASH_MS = 2_500;

export const withFlash = (state: ScreenState, text: string): ScreenState => ({
  ...state,
  flash: {text, until: state.now + FLASH_MS},
});
