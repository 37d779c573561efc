import type {DevOutcome} from '../dev-session.js';

/** What a key asks for beyond the screen. */
export type Effect =
  | {readonly type: 'restart'; readonly app: string}
  | {readonly type: 'open'; readonly url: string}
  | {readonly type: 'copy'; readonly text: string}
  | {readonly type: 'lan'}
  | {readonly type: 'inspect'}
  | {readonly type: 'load-request'; readonly id: number}
  | {readonly type: 'replay'; readonly id: number}
  | {readonly type: 'clear-log'}
  | {readonly type: 'leave'; readonly outcome: DevOutcome};
