import {copyFileSync, mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync} from 'node:fs';
import {homedir, tmpdir} from 'node:os';
import path from 'node:path';
import {fixture} from '../helpers/project.js';
import {isSoak} from '../helpers/soak.js';
import {requires} from '../helpers/system-parts.js';

// What apps on the package are run by: each of them for real.

const ROOT = path.resolve(import.meta.dirname, '../..');

/** The oldest Node that is supported, where .ci/run puts it. */
const OLDEST_NODE = path.join(
  process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'),
  'tako-ci/node-20/node_modules/node/bin/node',
);

export type Runtime = {
  readonly name: 'Node' | 'Node 20.19' | 'Bun' | 'Deno';
  readonly isMissing: boolean;
  /** Runs a file as it is. */
  run(file: string): readonly string[];
  /** Has the package's program serve a file. `folder` is a project's, made by `createAppFolder`. */
  launch(folder: string, file: string): readonly string[];
};

const ALL: readonly Runtime[] = [
  createRuntime('Node', process.execPath, [], 'node'),
  createRuntime('Node 20.19', OLDEST_NODE, [], 'node'),
  createRuntime('Bun', 'bun', [], 'bun'),
  createRuntime('Deno', 'deno', ['run', '-A'], 'deno'),
];

/** All of them under soak; else the one that is most easily forgotten. */
export const RUNTIMES: readonly Runtime[] = isSoak ? ALL : [sampleOf(ALL)];

function sampleOf(all: readonly Runtime[]): Runtime {
  const oldest = runtimeOf('Node 20.19');
  return oldest.isMissing ? (all[0] ?? oldest) : oldest;
}

export function runtimeOf(name: Runtime['name']): Runtime {
  const found = ALL.find(runtime => runtime.name === name);
  if (!found) throw new Error(`there is no runtime ${name}`);
  return found;
}

/** Those that are a Node: what they do is our own code. */
export const NODES = RUNTIMES.filter(({name}) => name.startsWith('Node'));

function createRuntime(name: Runtime['name'], program: string, args: readonly string[], launcher: string): Runtime {
  return {
    name,
    isMissing: requires(program),
    run: file => [program, ...args, file],
    launch: (folder, file) => [
      program,
      ...args,
      path.join(folder, 'node_modules/tako.sh/dist/sdk/entrypoints', `${launcher}-server.mjs`),
      file,
    ],
  };
}

/** A folder whose programs can import tako.sh: this very checkout, as it is built. With copies of fixture programs. */
export function createAppFolder(...fixtures: readonly string[]): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'tako-sdk-')));
  const packageJson = JSON.stringify({type: 'module', dependencies: {'tako.sh': '*'}});
  writeFileSync(path.join(folder, 'package.json'), packageJson);
  mkdirSync(path.join(folder, 'node_modules'));
  symlinkSync(ROOT, path.join(folder, 'node_modules/tako.sh'));
  for (const name of fixtures) copyFileSync(fixture(name), path.join(folder, path.basename(name)));
  return folder;
}
