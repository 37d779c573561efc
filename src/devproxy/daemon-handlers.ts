import type {Handlers} from '../control/method.js';
import type {DaemonInfo, Methods} from '../control/protocol.js';
import type {AppLogs} from './app-logs.js';
import {streamApp} from './app-stream.js';
import {originOf} from './app-wants.js';
import type {Apps} from './apps.js';
import {streamEvents} from './event-stream.js';
import {createExchangeHandlers} from './inspector/exchange-handlers.js';
import type {Inspector} from './inspector/inspector.js';
import type {Lan} from './lan/lan.js';
import {streamLog, untilRemoved} from './log-stream.js';
import type {Notices} from './notices.js';
import {parseRegistration} from './registration.js';

export type DaemonHandlersOptions = {
  readonly apps: Apps;
  readonly logs: AppLogs;
  readonly lan: Pick<Lan, 'open' | 'shut'>;
  readonly inspector: Inspector;
  readonly notices: Pick<Notices, 'stream'>;
  readonly info: () => DaemonInfo;
  readonly shutdown: () => void;
};

/** What each call of the control protocol does. */
export function createDaemonHandlers(options: DaemonHandlersOptions): Handlers<Methods> {
  const {apps, logs, inspector, lan, notices, info, shutdown} = options;
  return {
    ...createExchangeHandlers(inspector),
    hello: async () => info(),
    async register({registration}, {signal}) {
      const parsed = parseRegistration(registration);
      const status = await apps.register(parsed);
      apps.use(parsed.name, signal, originOf(parsed) !== 'dependency');
      return status;
    },
    keep: async ({name}) => apps.keep(name),
    async leave({names}, {signal, emit}) {
      await apps.leave(names, signal, emit);
      return {};
    },
    start: async ({name}) => apps.start(name),
    remove: async ({name}) => apps.remove(name),
    restart: async ({name}) => apps.restart(name),
    list: async () => ({apps: apps.list()}),
    async attach({name, after, isNeeded = false}, context) {
      apps.use(name, context.signal, !isNeeded);
      await streamApp({apps, logs}, {name, after}, context);
      return {};
    },
    async logs({name, ...query}, context) {
      await streamLog({apps, logs}, name, query, context);
      return {};
    },
    async untilRemoved({name}, {signal}) {
      await untilRemoved({apps, logs}, name, signal);
      return {};
    },
    async lanOn({names, address, stays}, {signal}) {
      names.forEach(apps.status);
      await lan.open({apps: names, address: address ?? undefined, client: stays ? undefined : signal});
      return {apps: names.map(apps.status)};
    },
    async lanOff({names}) {
      names.forEach(apps.status);
      await lan.shut(names);
      return {apps: names.map(apps.status)};
    },
    async events(query, context) {
      await streamEvents({apps, logs, inspector}, query, context);
      return {};
    },
    async notices(_, context) {
      await notices.stream(context);
      return {};
    },
    async shutdown() {
      // After the answer is out: closing ends the connection it travels on.
      setImmediate(shutdown);
      return {};
    },
  };
}
