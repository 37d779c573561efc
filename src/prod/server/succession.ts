// Where requests go, before and after another server process has followed this one. That one starts and ends what runs from
// then on, so it is asked where a request has to wait; and for each of the few that come when it takes the connections.

import {connectServerSocket} from '../../control/server-client.js';
import {upstreamOf} from '../../proxy/local-upstream.js';
import type {AppId} from '../../proxy/route-table.js';
import type {Upstream} from '../../proxy/upstream.js';
import type {Clock} from '../../system/clock.js';
import {errorCode, TakoError} from '../../system/error.js';
import {findControlSocketOwner} from './control-socket.js';
import type {Deployments} from './deployments.js';
import {parseDeploymentKey} from './instance-name.js';

export type Succession = {
  activate(app: AppId): Promise<Upstream>;
  findUpstream(app: AppId): Upstream | undefined;
  /** Another process decides what runs. What is known to run here is so until it is said to end. */
  follow(): void;
  /** It takes the connections, and what is known here gets old. */
  retire(): void;
};

export type SuccessionOptions = {
  readonly deployments: Pick<Deployments, 'activate' | 'findUpstream'>;
  /** Leads to the process that is the server at that time. */
  readonly controlSocket: string;
  /** Of this process: it is not the one to be asked. */
  readonly pid: number;
  readonly clock: Clock;
};

/** Between two looks whether the other can be asked, and for how long: it may be killed and started again. */
const LOOK_MS = 50;
const PATIENCE_MS = 60_000;

export function createSuccession({deployments, controlSocket, pid, clock}: SuccessionOptions): Succession {
  /** What asks the other one instead, for each start that is under way. */
  const waiting = new Set<() => void>();
  const known = new Map<string, Upstream>();
  let isFollowed = false;
  let isRetired = false;

  async function ask(app: AppId): Promise<Upstream> {
    const client = await connectServerSocket(controlSocket);
    try {
      const place = await client.call('wake', {deployment: parseDeploymentKey(app)});
      // The same object for the same place: connections are kept by it.
      const key = `${place.host} ${place.port} ${place.isTls}`;
      const upstream = known.get(key) ?? upstreamOf(place);
      known.set(key, upstream);
      return upstream;
    } finally {
      client.close();
    }
  }

  async function askSuccessor(app: AppId): Promise<Upstream> {
    const deadline = clock.now() + PATIENCE_MS;
    for (;;) {
      try {
        if ((await findControlSocketOwner(controlSocket)) !== pid) return await ask(app);
      } catch (error) {
        if (!isLost(error) || clock.now() >= deadline) throw error;
      }
      if (clock.now() >= deadline) throw new TakoError('SERVER_LOST', 'no server process has followed');
      await clock.sleep(LOOK_MS);
    }
  }

  /** A start that is under way when another process follows goes on there, and so does one that was refused for that. */
  function start(app: AppId): Promise<Upstream> {
    const theirs = Promise.withResolvers<Upstream>();
    const ask = (): void => theirs.resolve(askSuccessor(app));
    waiting.add(ask);
    const ours = deployments.activate(app).catch(error => (isFollowed ? theirs.promise : Promise.reject(error)));
    return Promise.race([ours, theirs.promise]).finally(() => waiting.delete(ask));
  }

  return {
    activate: app => (isFollowed ? askSuccessor(app) : start(app)),
    findUpstream: app => (isRetired ? undefined : deployments.findUpstream(app)),
    follow() {
      isFollowed = true;
      for (const ask of waiting) ask();
    },
    retire() {
      isRetired = true;
    },
  };
}

/** Nobody is there at this moment, or the one who was has gone. */
const isLost = (error: unknown): boolean =>
  ['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE', 'SERVER_LOST'].includes(errorCode(error) ?? '');
