import type {AppStatus} from '../../control/events.js';
import type {Traffic} from '../../control/exchanges.js';

/** An app as the page shows it. */
export type ShownApp = AppStatus & {readonly traffic?: Traffic; readonly restarts?: number};
