import {mkdirSync} from 'node:fs';
import path from 'node:path';
import type {Logger} from './logger.js';
import {createProcessLogger} from './process-logger.js';
import type {EnvironmentName, Secrets, Storages} from './public.js';
import {runtimeState} from './runtime-state.js';
import {secrets, storages} from './secrets.js';

/** What an app knows of where it runs. Everything has a value without tako too. */
export type Tako = {
  /** The environment's name: `development`, `production` or one of tako.toml. Without tako that of NODE_ENV. */
  readonly env: EnvironmentName;
  readonly isDev: boolean;
  readonly isProd: boolean;
  /** The id of the release; `dev` under `tako dev`, `local` under `tako run` and without tako. */
  readonly build: string;
  /**
   * Secrets by name. One that was not delivered is looked for in the environment; undefined where it is nowhere. Logged,
   * spread or turned into JSON they show nothing.
   */
  readonly secrets: Secrets;
  /** The storages of tako.toml, as they are reached from here. Shown as little as secrets. */
  readonly storages: Storages;
  /** A folder for files that outlive releases. It is there. Absolute. */
  readonly dataDir: string;
  /** The folder of the app. Absolute. */
  readonly appDir: string;
  /** The port that is listened on, as soon as it is. Before, the one that was asked for; undefined where any will do. */
  readonly port: number | undefined;
  /** The address that the app is to listen on. Undefined: nobody says. */
  readonly host: string | undefined;
  readonly logger: Logger;
};

const environmentName = (): string => process.env.ENV || process.env.NODE_ENV || 'development';

let logger: Logger | undefined;

/** Where this app runs, and what it was given. */
export const tako: Tako = Object.freeze({
  get env() {
    return environmentName() as EnvironmentName;
  },
  get isDev() {
    return environmentName() === 'development';
  },
  get isProd() {
    return environmentName() === 'production';
  },
  get build() {
    return process.env.TAKO_BUILD || 'local';
  },
  secrets,
  storages,
  get dataDir() {
    return ensureFolder(process.env.TAKO_DATA_DIR || path.resolve('.tako/data/app'));
  },
  get appDir() {
    return process.env.TAKO_APP_ROOT || process.cwd();
  },
  get port() {
    return runtimeState().port ?? (Number(process.env.PORT) || undefined);
  },
  get host() {
    return process.env.HOST || undefined;
  },
  get logger() {
    logger ??= createProcessLogger(environmentName() === 'development');
    return logger;
  },
});

/** Where it cannot be made, the first write to it says why. */
function ensureFolder(folder: string): string {
  try {
    mkdirSync(folder, {recursive: true});
  } catch {}
  return folder;
}
