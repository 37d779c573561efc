import type {AppStatus, LanAddress, LogLine} from '../../src/control/events.js';
import type {ExchangeDetail, ExchangeEvent, ExchangeSummary, Traffic} from '../../src/control/exchanges.js';
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

export const TRAFFIC: Traffic = {requestsPerSecond: 3.4, p95Ms: 12.2, errors: 2, requests: 1_234};

export const LAN: LanAddress = {
  url: 'https://hello.local',
  urls: ['https://hello.local'],
  onboardingUrl: 'http://192.168.1.20:47832',
  address: '192.168.1.20',
  network: '192.168.1.0/24',
  interface: 'en0',
  fingerprint: 'AB:CD',
  problem: null,
};

export const statusEvent = (status: AppStatus): DevEvent => ({type: 'status', status});

export const logEvent = (text: string, stream: LogLine['stream'] = 'stdout', app = 'hello'): DevEvent => ({
  type: 'log',
  app,
  line: {id: 1, time: MORNING, stream, text},
});

/** A request that was answered in 12 ms; what is different of it is given. */
export const exchangeOf = (different: Partial<ExchangeSummary> = {}): ExchangeSummary => ({
  id: 1,
  app: 'hello',
  time: MORNING,
  method: 'GET',
  url: 'https://hello.test/',
  status: 200,
  outcome: 'answered',
  httpVersion: '2.0',
  contentType: 'text/html',
  bytesReceived: 0,
  bytesSent: 1_234,
  timing: {queueMs: 0, coldStartMs: null, firstByteMs: 10.4, totalMs: 12.2},
  upgrade: null,
  replayOf: null,
  ...different,
});

/** The same with all that is kept of it. */
export const detailOf = (exchange: ExchangeSummary, different: Partial<ExchangeDetail> = {}): ExchangeDetail => ({
  ...exchange,
  clientAddress: '127.0.0.1',
  request: {fields: [['host', 'hello.test']], body: null},
  response: {reason: 'OK', fields: [['content-type', 'text/html']], body: null},
  frames: null,
  error: null,
  ...different,
});

export type FakeSession = DevSession & {
  emit(...events: readonly DevEvent[]): void;
  /** Tells of requests, if somebody follows them. */
  emitRequests(...events: readonly ExchangeEvent[]): void;
  followerCount(): number;
  listenerCount(): number;
  /** What was asked for, in order. */
  readonly asked: readonly string[];
};

/** A session whose events the test makes. `hasClipboard` and `hasBrowser` are what copying and opening find. */
export function createFakeSession({
  apps = ['hello'],
  notes = [],
  hasClipboard = true,
  hasBrowser = true,
  details = [],
}: {
  readonly apps?: readonly string[];
  readonly notes?: readonly string[];
  readonly hasClipboard?: boolean;
  readonly hasBrowser?: boolean;
  /** The requests that can be opened. */
  readonly details?: readonly ExchangeDetail[];
} = {}): FakeSession {
  const listeners = new Set<(event: DevEvent) => void>();
  const followers = new Set<(event: ExchangeEvent) => void>();
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
      async inspect() {
        asked.push('inspect');
        return hasBrowser;
      },
    },
    requests: {
      follow(listener, signal) {
        followers.add(listener);
        const {promise, reject} = Promise.withResolvers<void>();
        signal.addEventListener('abort', () => {
          followers.delete(listener);
          reject(new Error('the connection ended'));
        });
        return promise;
      },
      async load(id) {
        const detail = details.find(detail => detail.id === id);
        if (detail === undefined) throw new Error(`no request #${id}`);
        return detail;
      },
      async replay(id) {
        asked.push(`replay ${id}`);
        return exchangeOf({id: id + 100, replayOf: id});
      },
    },
    emitRequests(...events) {
      for (const event of events) for (const listener of followers) listener(event);
    },
    followerCount: () => followers.size,
    emit(...events) {
      for (const event of events) for (const listener of listeners) listener(event);
    },
    listenerCount: () => listeners.size,
    asked,
  };
}
