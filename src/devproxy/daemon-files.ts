import path from 'node:path';
import {socketPathFor} from '../control/socket-path.js';
import type {Paths} from '../system/paths.js';

/** Where the daemon keeps what it needs. */
export type DaemonFiles = {
  readonly data: string;
  readonly authority: string;
  readonly leaves: string;
  readonly registry: string;
  readonly lock: string;
  readonly log: string;
  /** What the apps say: a folder for each. */
  readonly logs: string;
  readonly socket: string;
  /** What was changed on this machine, so that it can be taken back. */
  readonly changes: string;
  /** Which trust stores were given the root. */
  readonly installations: string;
  /** The system's roots and ours, for apps. */
  readonly bundle: string;
};

export const daemonFiles = ({data, cache}: Paths): DaemonFiles => ({
  data,
  authority: path.join(data, 'ca'),
  leaves: path.join(cache, 'leaves'),
  registry: path.join(data, 'registry.sqlite'),
  lock: path.join(data, 'daemon.lock'),
  log: path.join(data, 'daemon.log'),
  logs: path.join(data, 'logs'),
  socket: socketPathFor(data),
  changes: path.join(data, 'machine.json'),
  installations: path.join(data, 'trust.json'),
  bundle: path.join(data, 'ca-bundle.pem'),
});
