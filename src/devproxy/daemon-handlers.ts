import type {DaemonInfo, Registration} from '../control/protocol.js';
import type {Handlers} from '../control/server.js';
import type {LogBuffer} from '../supervisor/log-buffer.js';
import {TakoError} from '../system/error.js';
import {streamApp} from './app-stream.js';
import type {Apps} from './apps.js';

export type DaemonHandlersOptions = {
  readonly apps: Apps;
  readonly info: () => DaemonInfo;
  readonly shutdown: () => void;
};

/** What each call of the control protocol does. */
export function createDaemonHandlers({apps, info, shutdown}: DaemonHandlersOptions): Handlers {
  return {
    hello: async () => info(),
    register: async ({registration}) => apps.register(checkRegistration(registration)),
    start: async ({name}) => apps.start(name),
    remove: async ({name}) => apps.remove(name),
    restart: async ({name}) => apps.restart(name),
    list: async () => ({apps: apps.list()}),
    async attach({name, after}, context) {
      await streamApp(apps, {name, after, withStatus: true, follow: true}, context);
      return {};
    },
    async logs({name, count, follow}, context) {
      await streamApp(apps, {name, after: idBefore(apps.logs(name), count), withStatus: false, follow}, context);
      return {};
    },
    async shutdown() {
      // After the answer is out: closing ends the connection it travels on.
      setImmediate(shutdown);
      return {};
    },
  };
}

/** The id of the line before the last `count`. */
function idBefore(logs: LogBuffer, count: number): number {
  const [newest] = logs.last(1);
  const [first] = logs.last(count);
  return first ? first.id - 1 : (newest?.id ?? 0);
}

/** The client is our own program, perhaps of another version: what is kept on disk and acted upon is looked at. */
function checkRegistration(registration: Registration): Registration {
  const {name, directory, configFile, routes, primaryHost, command, environment, readyTimeoutMs, graceMs} = Object(
    registration,
  ) as Registration;
  const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
  const isValid =
    isText(name) &&
    isText(directory) &&
    (configFile === null || isText(configFile)) &&
    isText(primaryHost) &&
    [routes, command].every(
      list => Array.isArray(list) && list.length > 0 && list.every(item => typeof item === 'string'),
    ) &&
    environment instanceof Object &&
    Object.values(environment).every(value => typeof value === 'string') &&
    [readyTimeoutMs, graceMs].every(value => Number.isFinite(value) && value > 0);
  if (!isValid) throw new TakoError('REGISTRATION_INVALID', 'the daemon could not read the registration of the app');
  return {name, directory, configFile, routes, primaryHost, command, environment, readyTimeoutMs, graceMs};
}
