import type {Clock} from '../system/clock.js';
import type {Upstream} from './attempt.js';
import {createPipeSupply} from './contract-pipes.js';
import {type Instance, STOPPED} from './instance.js';
import type {InstanceRecords} from './instance-records.js';
import type {LaunchSpec} from './launch-spec.js';
import {createLogBuffer, type LogBuffer} from './log-buffer.js';
import {unlessAborted} from './race.js';
import {StartError} from './start-error.js';
import {createSupervisedApp, type SupervisedApp} from './supervised-app.js';

export type SupervisorEvent = {readonly type: 'instance'; readonly app: string; readonly instance: Instance};

export type SupervisorOptions = {
  readonly clock: Clock;
  readonly records: InstanceRecords;
  /** Each transition, as it happens. */
  readonly onEvent?: (event: SupervisorEvent) => void;
};

/** Runs apps, one process group each, and says how they are. */
export type Supervisor = {
  /**
   * Where the app listens, once it does. A ready app answers at once; a start that is under way is shared, with the
   * spec it was begun with; one that is stopping is started anew when it has stopped. Rejects with a StartError, or
   * with the signal's reason when it aborts, which ends only this call's waiting.
   */
  start(spec: LaunchSpec, signal?: AbortSignal): Promise<Upstream>;
  /** Stops the app, or cancels its start. Resolves when no process of its group runs any more. */
  stop(app: string): Promise<void>;
  /** Stops what runs, then starts by this spec; calls to `start` meanwhile share it. */
  restart(spec: LaunchSpec, signal?: AbortSignal): Promise<Upstream>;
  instance(app: string): Instance;
  /** The app's log; it may be asked for, and subscribed to, before the app's first start. */
  logs(app: string): LogBuffer;
  /** Stops the app and drops its log. */
  forget(app: string): Promise<void>;
  /** Stops all apps at once, and starts none any more. */
  close(): Promise<void>;
};

type Entry = {readonly app: SupervisedApp; readonly logs: LogBuffer};

export function createSupervisor({clock, records, onEvent = () => {}}: SupervisorOptions): Supervisor {
  const pipes = createPipeSupply();
  const entries = new Map<string, Entry>();
  let closed: Promise<void> | undefined;

  const create = (app: string): Entry => {
    const logs = createLogBuffer(clock);
    const onChange = (instance: Instance): void => onEvent({type: 'instance', app, instance});
    return {logs, app: createSupervisedApp({clock, records, pipes, logs}, onChange)};
  };
  const entryOf = (app: string): Entry => {
    const entry = entries.get(app) ?? create(app);
    entries.set(app, entry);
    return entry;
  };
  const begin = async (how: 'start' | 'restart', spec: LaunchSpec, signal?: AbortSignal): Promise<Upstream> => {
    signal?.throwIfAborted();
    if (closed) throw new StartError(spec, {outcome: 'cancelled'});
    const ready = entryOf(spec.app).app[how](spec);
    return signal ? unlessAborted(ready, signal) : ready;
  };
  const stop = async (app: string): Promise<void> => entries.get(app)?.app.stop();
  const closeAll = async (): Promise<void> => {
    await Promise.all([...entries.keys()].map(stop));
    await pipes.close();
  };
  return {
    start: (spec, signal) => begin('start', spec, signal),
    restart: (spec, signal) => begin('restart', spec, signal),
    stop,
    instance: app => entries.get(app)?.app.instance() ?? STOPPED,
    logs: app => entryOf(app).logs,
    forget: async app => {
      await stop(app);
      if (entries.get(app)?.app.isIdle()) entries.delete(app);
    },
    close: () => {
      closed ??= closeAll();
      return closed;
    },
  };
}
