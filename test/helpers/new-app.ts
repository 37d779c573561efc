// What somebody types who begins a new app: `npm create tako`, then what it says to do next.

import assert from 'node:assert/strict';
import {mkdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {run} from '../../src/system/exec.js';
import {type LocalRegistry, startLocalRegistry} from './local-registry.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
/** With packages of a framework among them that nobody has fetched before. */
const TIMEOUT_MS = 300_000;

export type NewApps = {
  /** `npm create tako NAME` with that template; the folder of the app. */
  create(template: string, name: string): Promise<string>;
  /** Runs a command of the app's own to its end, which has to be a good one; its output. */
  run(folder: string, ...command: readonly [string, ...string[]]): Promise<string>;
  /** Of these commands, and of those of a deploy of such an app. */
  readonly environment: NodeJS.ProcessEnv;
  close(): Promise<void>;
};

/** New apps in that folder, from what `npm pack` makes of this repository. */
export async function createNewApps(parent: string, base: NodeJS.ProcessEnv = process.env): Promise<NewApps> {
  const registry: LocalRegistry = await startLocalRegistry(ROOT, path.join(ROOT, 'packages/create-tako'));
  const environment = {...withoutProject(base), ...registry.environment, npm_config_cache: cacheFolder()};
  const runIn: NewApps['run'] = async (folder, file, ...args) => {
    const command = {file: 'sh', args: ['-c', 'cd "$1" && shift && exec "$@"', 'sh', folder, file, ...args]};
    const {exitCode, stdout, stderr} = await run(command, {environment, timeoutMs: TIMEOUT_MS});
    assert.equal(exitCode, 0, `${file} ${args.join(' ')}: ${stdout}\n${stderr}`);
    return stdout + stderr;
  };
  return {
    environment,
    run: runIn,
    async create(template, name) {
      const answers = ['--template', template, '--route', `${name}.example.com`, '--yes'];
      await runIn(parent, 'npm', 'create', '--yes', 'tako', name, '--', ...answers);
      return path.join(parent, name);
    },
    close: registry.close,
  };
}

/** What npm tells the scripts of this repository is not for the new app. */
const withoutProject = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !/^npm_|^INIT_CWD$/.test(name)));

/** Kept, as packages are many; but npm would not look again at what `npm create` has installed once. */
function cacheFolder(): string {
  const folder = path.join(tmpdir(), `tako-npm-cache-${process.getuid?.() ?? 'user'}`);
  mkdirSync(folder, {recursive: true});
  rmSync(path.join(folder, '_npx'), {recursive: true, force: true});
  return folder;
}
