// The life of an app, as one state machine.
//
//   stopped -> starting -> ready -> draining -> stopped       asked to stop, or to make room for the next
//                 |          |-> restarting -> ready          the new one takes over, or the old one goes on
//                 |          |-> backing-off -> starting      crashed; starts again at `retryAt`
//                 |          |        '-> stopped, exited     told to stop, or that start did not get to a process
//                 |          '-> exited                       crashed too often
//                 '-> exited, or draining -> stopped          never became ready
//
// It tells of the process that serves and of the one that is to follow it. An old one that has been followed already
// finishes its requests behind it, and is not told of. Events name their process where there may be two, so that a late
// word of one that is not told of any more changes nothing.

import type {Endpoint} from './endpoint.js';

/** How a process ended: an exit code, or the signal that ended it. */
export type Exit = {
  readonly code: number | null;
  readonly signal: string | null;
  /** What is known of it beside that, to go behind a comma: `as it used more than its 256 MiB of memory`. */
  readonly reason?: string;
};

/** The leader of a process group. `startedAt` is in milliseconds since the epoch. */
export type RunningProcess = {readonly pid: number; readonly startedAt: number};

/** The process that serves. `endpoint` is another object each time that it comes to listen. */
export type Serving = RunningProcess & {readonly endpoint: Endpoint};

/** What is known after an end that nobody asked for. `crashes`: how many, lately, of those that had been ready. */
type Ended = {readonly startedAt: number; readonly exit: Exit; readonly crashes: number};

/** An app in exactly one state, with exactly what exists in it. */
export type Instance =
  | {readonly state: 'stopped'}
  | ({readonly state: 'starting'} & RunningProcess)
  | ({readonly state: 'ready'} & Serving)
  /** The old one is there, and `next` is starting beside it. */
  | ({readonly state: 'restarting'; readonly next: RunningProcess} & Serving)
  | ({readonly state: 'draining'} & RunningProcess)
  /** Crashed, and to be started again at `retryAt`, in milliseconds since the epoch. */
  | ({readonly state: 'backing-off'; readonly retryAt: number} & Ended)
  | ({readonly state: 'exited'} & Ended);

export type InstanceEvent =
  | {readonly type: 'spawned'; readonly pid: number; readonly at: number}
  /** It is ready; or, ready already, it listens elsewhere now. */
  | {readonly type: 'listening'; readonly pid: number; readonly endpoint: Endpoint}
  /** There came no process of it. */
  | {readonly type: 'not-spawned'}
  /** The process does not become ready, and is being ended. */
  | {readonly type: 'given-up'; readonly pid: number}
  /** The process ended by itself, and is not started again by itself. */
  | {readonly type: 'exited'; readonly pid: number; readonly exit: Exit; readonly crashes: number}
  /** The process ended by itself, and is started again at `retryAt`. */
  | {
      readonly type: 'crashed';
      readonly pid: number;
      readonly exit: Exit;
      readonly crashes: number;
      readonly retryAt: number;
    }
  /** All that runs is to stop. */
  | {readonly type: 'drain'}
  /** No process of the app runs any more. */
  | {readonly type: 'gone'};

export const STOPPED: Instance = {state: 'stopped'};

/** The whole lifecycle. An event that means nothing in a state, or tells of another process, leaves it as it is. */
export function transition(instance: Instance, event: InstanceEvent): Instance {
  switch (instance.state) {
    case 'stopped':
    case 'exited':
      return event.type === 'spawned' ? starting(event) : instance;
    case 'backing-off':
      return fromBackingOff(instance, event);
    case 'starting':
      return fromRunning(instance, event);
    case 'ready':
      return fromReady(instance, event);
    case 'restarting':
      return fromRestarting(instance, event);
    case 'draining':
      return event.type === 'gone' ? STOPPED : instance;
  }
}

type In<State extends Instance['state']> = Instance & {state: State};
type Happened<Type extends InstanceEvent['type']> = InstanceEvent & {type: Type};

function fromBackingOff(instance: In<'backing-off'>, event: InstanceEvent): Instance {
  const {startedAt, exit, crashes} = instance;
  switch (event.type) {
    case 'drain':
      return STOPPED;
    case 'spawned':
      return starting(event);
    case 'not-spawned':
      return {state: 'exited', startedAt, exit, crashes};
    default:
      return instance;
  }
}

/** What becomes of the one process there is, whether it serves already or not. */
function fromRunning(instance: In<'starting' | 'ready'>, event: InstanceEvent): Instance {
  if (event.type === 'drain') return draining(instance);
  if (!isOf(instance, event)) return instance;
  switch (event.type) {
    case 'listening':
      return ready(instance, event.endpoint);
    case 'given-up':
      return draining(instance);
    case 'exited':
      return exited(instance, event);
    default:
      return instance;
  }
}

function fromReady(instance: In<'ready'>, event: InstanceEvent): Instance {
  if (event.type === 'spawned') return restarting(instance, event);
  if (event.type === 'crashed' && isOf(instance, event)) return backingOff(instance, event);
  return fromRunning(instance, event);
}

function fromRestarting(instance: In<'restarting'>, event: InstanceEvent): Instance {
  if (event.type === 'drain') return draining(instance);
  if (isOf(instance.next, event)) return fromNext(instance, event);
  if (!isOf(instance, event) || event.type === 'spawned') return instance;
  if (event.type === 'listening') return {...instance, endpoint: event.endpoint};
  // The old one has ended: what is starting goes on, and is all there is.
  return {state: 'starting', ...instance.next};
}

function fromNext(instance: In<'restarting'>, event: InstanceEvent): Instance {
  switch (event.type) {
    case 'listening':
      return ready(instance.next, event.endpoint);
    case 'given-up':
    case 'exited':
      return ready(instance, instance.endpoint);
    default:
      return instance;
  }
}

type OfProcess = InstanceEvent & {pid: number};

const isOf = ({pid}: RunningProcess, event: InstanceEvent): event is OfProcess => 'pid' in event && event.pid === pid;

const starting = ({pid, at}: Happened<'spawned'>): Instance => ({state: 'starting', pid, startedAt: at});

const ready = ({pid, startedAt}: RunningProcess, endpoint: Endpoint): Instance => ({
  state: 'ready',
  pid,
  startedAt,
  endpoint,
});

const restarting = ({pid, startedAt, endpoint}: In<'ready'>, spawned: Happened<'spawned'>): Instance => ({
  state: 'restarting',
  pid,
  startedAt,
  endpoint,
  next: {pid: spawned.pid, startedAt: spawned.at},
});

const draining = ({pid, startedAt}: RunningProcess): Instance => ({state: 'draining', pid, startedAt});

const exited = ({startedAt}: RunningProcess, {exit, crashes}: Happened<'exited'>): Instance => ({
  state: 'exited',
  startedAt,
  exit,
  crashes,
});

const backingOff = ({startedAt}: RunningProcess, {exit, crashes, retryAt}: Happened<'crashed'>): Instance => ({
  state: 'backing-off',
  startedAt,
  exit,
  crashes,
  retryAt,
});

/** For the middle of a sentence: `code 1`, `signal SIGKILL`. */
export const describeExit = ({code, signal, reason}: Exit): string => {
  const end = signal === null ? `code ${code ?? 'unknown'}` : `signal ${signal}`;
  return reason === undefined ? end : `${end}, ${reason}`;
};
