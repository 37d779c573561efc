import type {AppId} from './route-table.js';

/** Where a ready instance of an app listens, as the app reported it. */
export type Upstream = {readonly host: string; readonly port: number};

/**
 * Brings an app to ready and answers with where it listens. This is the seam between gateway and supervisor. Rejects with
 * a TakoError whose message the waiting clients are shown, or with an ActivationError to choose the status too.
 */
export type Activate = (app: AppId, signal: AbortSignal) => Promise<Upstream>;
