// What `tako.sh` is in a browser: modules that are used on both sides can be loaded there. What only a server has says so.

import {TakoError} from './error.js';
import {createLogger, type LogEntry, type Logger} from './logger.js';

export {TakoError} from './error.js';

/** Bundlers replace it by the word itself. */
function modeOf(): string {
  try {
    return process.env.NODE_ENV ?? 'production';
  } catch {
    return 'production';
  }
}

const mode = modeOf();

function onServerOnly(what: string): never {
  throw new TakoError('SERVER_ONLY', `${what} are not there in a browser`);
}

const writeEntry = ({level, scope, message, fields}: LogEntry): void => console[level](`${scope}: ${message}`, fields);

const logger: Logger = createLogger({
  scope: 'app',
  level: mode === 'development' ? 'debug' : 'info',
  write: writeEntry,
});

export const tako = Object.freeze({
  env: mode,
  isDev: mode === 'development',
  isProd: mode === 'production',
  logger,
  get secrets(): never {
    return onServerOnly('secrets');
  },
  get storages(): never {
    return onServerOnly('storages');
  },
});
