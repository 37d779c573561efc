import {randomBytes} from 'node:crypto';
import type {Registration} from '../control/protocol.js';
import type {Serving} from '../supervisor/instance.js';

/** An app for as long as it is registered; another of its name later is another one. */
export type RegisteredApp = {
  registration: Registration;
  /** Authenticates tako to the app; it stays the same. */
  readonly token: string;
  /** What served last: pages are told when something else does. */
  servedBy: Serving | undefined;
  /** Processes of it that came to serve after the first one. */
  restarts: number;
  /** Readings of its project, one after the other. */
  reading: Promise<unknown>;
};

export const createRegisteredApp = (registration: Registration): RegisteredApp => ({
  registration,
  token: randomBytes(32).toString('base64url'),
  servedBy: undefined,
  restarts: 0,
  reading: Promise.resolve(),
});
