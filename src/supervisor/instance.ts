/** How a process ended: an exit code, or the signal that ended it. */
export type Exit = {readonly code: number | null; readonly signal: string | null};

/** One process of an app, as far as it exists. Times are milliseconds since the epoch. */
export type Instance =
  | {readonly state: 'stopped'}
  | {readonly state: 'starting'; readonly pid: number; readonly startedAt: number}
  | {readonly state: 'ready'; readonly pid: number; readonly startedAt: number; readonly port: number}
  | {readonly state: 'draining'; readonly pid: number; readonly startedAt: number}
  | {readonly state: 'exited'; readonly startedAt: number; readonly exit: Exit};

export type InstanceEvent =
  | {readonly type: 'spawned'; readonly pid: number; readonly at: number}
  | {readonly type: 'ready'; readonly port: number}
  | {readonly type: 'drain'}
  /** The process ended by itself. */
  | {readonly type: 'exited'; readonly exit: Exit}
  /** After a drain: no process of the group runs any more. */
  | {readonly type: 'stopped'};

export const STOPPED: Instance = {state: 'stopped'};

/** The whole lifecycle. An event that means nothing in a state leaves it as it is. */
export function transition(instance: Instance, event: InstanceEvent): Instance {
  switch (instance.state) {
    case 'stopped':
    case 'exited':
      return event.type === 'spawned' ? {state: 'starting', pid: event.pid, startedAt: event.at} : instance;
    case 'starting':
    case 'ready':
      return leave(instance, event);
    case 'draining':
      return event.type === 'stopped' ? STOPPED : instance;
  }
}

function leave(instance: Instance & {state: 'starting' | 'ready'}, event: InstanceEvent): Instance {
  const {pid, startedAt} = instance;
  if (event.type === 'drain') return {state: 'draining', pid, startedAt};
  if (event.type === 'exited') return {state: 'exited', startedAt, exit: event.exit};
  const becomesReady = event.type === 'ready' && instance.state === 'starting';
  return becomesReady ? {state: 'ready', pid, startedAt, port: event.port} : instance;
}

/** For the middle of a sentence: `code 1`, `signal SIGKILL`. */
export const describeExit = ({code, signal}: Exit): string =>
  signal === null ? `code ${code ?? 'unknown'}` : `signal ${signal}`;
