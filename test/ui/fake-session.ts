import type {AppStatus, LogLine} from '../../src/control/events.js';
import type {DevEvent, DevSession} from '../../src/ui/dev-session.js';

/** 09:05:07 on the clock of whoever runs the tests. */
export const MORNING = new Date(2026, 0, 15, 9, 5, 7).getTime();

export const STOPPED: AppStatus = {
  name: 'hello',
  state: 'stopped',
  url: 'https://hello.test',
  urls: ['https://hello.test'],
  directory: '/projects/hello',
  configFile: null,
  command: ['node', 'server.js'],
  pid: null,
  port: null,
  startedAt: null,
  memoryBytes: null,
  exit: null,
  problem: null,
  startedFor: [],
  clients: 1,
  lan: null,
  restarts: 0,
  traffic: {requestsPerSecond: 0, p95Ms: null, errors: 0, requests: 0},
};

export const STARTING: AppStatus = {...STOPPED, state: 'starting', pid: 4711, startedAt: MORNING};
export const READY: AppStatus = {...STARTING, state: 'ready', port: 4000, memoryBytes: 48_200_000};

export const FAILED: AppStatus = {
  ...STOPPED,
  state: 'exited',
  exit: {code: 1, signal: null},
  problem: {
    code: 'APP_EXITED_EARLY',
    message: 'hello exited with code 1 before it was ready',
    hint: 'its output says why',
    details: ['Error: cannot find module express', '    at server.js:1:1'],
  },
};

export const statusEvent = (status: AppStatus): DevEvent => ({type: 'status', status});

export const logEvent = (text: string, stream: LogLine['stream'] = 'stdout', app = 'hello'): DevEvent => ({
  type: 'log',
  app,
  line: {id: 1, time: MORNING, stream, text},
});

export type FakeSession = DevSession & {
  emit(...events: readonly DevEvent[]): void;
  listenerCount(): number;
  /** What was asked for, in order. */
  readonly asked: readonly string[];
};

/** A session whose events the test makes. `hasClipboard` is what copying finds. */
export function createFakeSession({
  apps = ['hello'],
  notes = [],
  hasClipboard = true,
}: {
  readonly apps?: readonly string[];
  readonly notes?: readonly string[];
  readonly hasClipboard?: boolean;
} = {}): FakeSession {
  const listeners = new Set<(event: DevEvent) => void>();
  const asked: string[] = [];
  return {
    apps,
    version: '0.1.0',
    notes,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    actions: {
      restart: app => void asked.push(`restart ${app}`),
      open: url => void asked.push(`open ${url}`),
      async copy(text) {
        asked.push(`copy ${text}`);
        return hasClipboard;
      },
      toggleLan: () => void asked.push('lan'),
    },
    emit(...events) {
      for (const event of events) for (const listener of listeners) listener(event);
    },
    listenerCount: () => listeners.size,
    asked,
  };
}
