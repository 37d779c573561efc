import type {ExchangeEvent} from '../../control/exchanges.js';
import type {DevEvent} from '../dev-session.js';
import type {LogBlock} from '../log/log-block.js';
import type {Size} from './layout.js';
import type {Opened} from './requests.js';

/** All that can change the screen. */
export type ScreenEvent =
  | DevEvent
  | ExchangeEvent
  /** All requests that are kept follow, then those to come. */
  | {readonly type: 'requests-anew'}
  /** No more of them are told, or never were. Null: without a reason. */
  | {readonly type: 'no-requests'; readonly reason: string | null}
  | {readonly type: 'request-opened'; readonly opened: Opened}
  /** The page of the requests could not be shown: there is no browser. */
  | {readonly type: 'inspect-here'}
  | {readonly type: 'said'; readonly text: string}
  /** As `keysOf` names it. */
  | {readonly type: 'key'; readonly key: string}
  | {readonly type: 'pasted'; readonly text: string}
  | {readonly type: 'resized'; readonly size: Size}
  /** What is kept of the log, once per frame. */
  | {readonly type: 'kept'; readonly blocks: readonly LogBlock[]}
  | {readonly type: 'clock'; readonly now: number};
