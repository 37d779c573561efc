// A terminal as a user has it, and `tako dev` in it.

import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import type {AppStatus} from '../../src/control/events.js';
import type {Tako} from '../helpers/tako.js';

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');

/** Set by the test runner and by npm around it: an app would take itself to be under test. */
const FOREIGN =
  /^(?:npm_|VITE|TAKO_|TEST$|NODE_ENV$|NODE_OPTIONS$|NODE_PATH$|INIT_CWD$|DEV$|PROD$|SSR$|MODE$|BASE_URL$)/;

/** Without what the test runner set, and with this Node before that of the system. */
export function terminalEnvironment(paths: readonly string[] = []): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !FOREIGN.test(name));
  const folders = (process.env.PATH ?? '')
    .split(path.delimiter)
    .filter(folder => !/node_modules\/\.bin|node-gyp-bin/.test(folder));
  const searched = [...paths, path.dirname(process.execPath), ...folders].join(path.delimiter);
  return {...Object.fromEntries(own), PATH: searched, NG_CLI_ANALYTICS: 'false', NO_COLOR: '1'};
}

export type DevTerminal = {
  /** Resolves when the app of the folder is ready. Rejects with what was printed when the command ends first. */
  ready(): Promise<AppStatus & {readonly pid: number; readonly port: number}>;
  printed(): string;
  /** Ctrl-C. */
  end(): Promise<void>;
};

/** Runs `tako dev` in a folder, with the home of `tako`. */
export function openTerminal(tako: Tako, directory: string, paths: readonly string[]): DevTerminal {
  const child = spawn(process.execPath, [CLI, 'dev', '--plain'], {
    cwd: directory,
    env: {...terminalEnvironment(paths), TAKO_HOME: tako.home},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed = collect(child);
  const ended = once(child, 'close');
  return {
    printed,
    async ready() {
      while (child.exitCode === null && child.signalCode === null) {
        const {apps} = await tako.status();
        const app = apps.find(app => app.directory === directory);
        if (app?.state === 'ready' && app.pid !== null && app.port !== null)
          return {...app, pid: app.pid, port: app.port};
        await sleep(100);
      }
      throw new Error('tako dev ended first');
    },
    async end() {
      child.kill('SIGINT');
      await ended;
    },
  };
}

function collect({stdout, stderr}: ChildProcess): () => string {
  let text = '';
  for (const stream of [stdout, stderr]) {
    stream?.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
  }
  return () => text;
}
