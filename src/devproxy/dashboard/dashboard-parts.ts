import type {Apps} from '../apps.js';
import type {Inspector} from '../inspector/inspector.js';

/** What the page asks of the apps. */
export type DashboardApps = Pick<Apps, 'list' | 'logs' | 'restart' | 'remove' | 'watch'>;

/** What the page asks of the inspector. */
export type DashboardInspector = Pick<Inspector, 'list' | 'find' | 'subscribe' | 'replay'>;
