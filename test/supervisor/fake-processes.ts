import type {AppProcess} from '../../src/supervisor/app-process.js';
import type {AttemptWorld, Upstream} from '../../src/supervisor/attempt.js';
import type {Endpoint} from '../../src/supervisor/endpoint.js';
import type {Exit, Instance} from '../../src/supervisor/instance.js';
import type {LaunchSpec} from '../../src/supervisor/launch-spec.js';
import type {Readiness} from '../../src/supervisor/readiness.js';
import {StartError} from '../../src/supervisor/start-error.js';
import {createSupervisedApp} from '../../src/supervisor/supervised-app.js';
import {TakoError} from '../../src/system/error.js';
import {createFakeClock, type FakeClock} from '../proxy/load-balancing/fake-clock.js';
import {commandSpec} from './apps.js';

/** What a program of the fake layer does: that is its command. */
export const PROGRAMS = ['serves', 'is-slow', 'hangs', 'exits', 'is-missing', 'ignores-sigterm'] as const;

export type Program = (typeof PROGRAMS)[number];

export type FakeProcess = {
  readonly pid: number;
  readonly spec: LaunchSpec;
  readonly isRunning: boolean;
  /** Ends it from outside, or by a fault of its own. */
  exit(exit: Exit): void;
  /** Has it listen on another port. */
  rebind(port: number): void;
};

export const READY_AFTER_MS = 20;
export const SLOW_READY_AFTER_MS = 5_000;

export const programSpec = (program: Program, changes: Partial<LaunchSpec> = {}): LaunchSpec =>
  commandSpec([program], changes);

/** One supervised app in a world without real processes, whose time stands still. */
export function createFakeApp(drain: AttemptWorld['drain'] = async () => {}) {
  const clock = createFakeClock();
  const processes: FakeProcess[] = [];
  const instances: Instance[] = [];
  const failures: unknown[] = [];
  const said: string[] = [];
  const drained: Upstream[] = [];
  let mostAtOnce = 0;
  const running = (): readonly FakeProcess[] => processes.filter(({isRunning}) => isRunning);
  const launch = async (spec: LaunchSpec): Promise<AppProcess> => {
    await Promise.resolve();
    if (spec.command[0] === 'is-missing') throw new TakoError('COMMAND_NOT_FOUND', 'there is no such command');
    const {process, appProcess} = spawnFake(spec, 100 + processes.length, clock, text => said.push(text));
    processes.push(process);
    mostAtOnce = Math.max(mostAtOnce, running().length);
    return appProcess;
  };
  const world: AttemptWorld = {
    clock,
    launch,
    explain: async (...failure) => new StartError(...failure),
    drain: (upstream, graceMs) => {
      drained.push(upstream);
      return drain(upstream, graceMs);
    },
    say: text => said.push(text),
  };
  const app = createSupervisedApp(world, {
    onChange: instance => instances.push(instance),
    onFailed: error => failures.push(error),
  });
  const states = (): readonly Instance['state'][] => instances.map(({state}) => state);
  return {app, clock, processes, running, instances, failures, states, said, drained, mostAtOnce: () => mostAtOnce};
}

function spawnFake(spec: LaunchSpec, pid: number, clock: FakeClock, say: (text: string) => void) {
  const program = spec.command[0] as Program;
  const end = Promise.withResolvers<Exit>();
  const listeners: ((endpoint: Endpoint) => void)[] = [];
  let isRunning = true;
  const exit = (how: Exit): void => {
    isRunning = false;
    end.resolve(how);
  };
  const endpoint: Endpoint = {host: '127.0.0.1', port: spec.port ?? 4_000 + pid, isTls: false};
  const untilListening = async (signal: AbortSignal): Promise<Readiness> => {
    if (program === 'hangs') return new Promise(() => {});
    await clock.sleep(program === 'is-slow' ? SLOW_READY_AFTER_MS : READY_AFTER_MS, signal);
    if (program !== 'exits') return {outcome: 'ready', endpoint};
    exit({code: 3, signal: null});
    return new Promise(() => {});
  };
  const untilEnded = async (): Promise<'ended' | 'killed'> => {
    if (!isRunning) return 'ended';
    await clock.sleep(program === 'ignores-sigterm' ? spec.graceMs : 5);
    exit({code: null, signal: 'SIGTERM'});
    return program === 'ignores-sigterm' ? 'killed' : 'ended';
  };
  const appProcess: AppProcess = {
    pid,
    startedAt: clock.now(),
    isAdopted: false,
    reservedPort: spec.ready === 'any' && spec.port === undefined ? 4_000 + pid : undefined,
    awaitReadiness: async signal => {
      const over = new AbortController();
      try {
        return await Promise.race([
          untilListening(over.signal),
          end.promise.then((how): Readiness => ({outcome: 'exited', exit: how})),
          clock
            .sleep(spec.readyTimeoutMs, over.signal)
            .then((): Readiness => ({outcome: 'timed-out', isPipeClosed: false, listeners: []})),
          untilAborted(signal).then((): Readiness => ({outcome: 'cancelled'})),
        ]);
      } finally {
        over.abort();
      }
    },
    onRebind: listener => void listeners.push(listener),
    listensOn: () => {},
    exited: end.promise,
    say,
    lastLines: () => [],
    untilOutputRead: async () => {},
    end: untilEnded,
    abandon: () => exit({code: null, signal: 'SIGKILL'}),
  };
  const process: FakeProcess = {
    pid,
    spec,
    get isRunning() {
      return isRunning;
    },
    exit,
    rebind: port => {
      for (const listener of listeners) listener({...endpoint, port});
    },
  };
  return {process, appProcess};
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), {once: true});
  });
