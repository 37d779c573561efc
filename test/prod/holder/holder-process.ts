import assert from 'node:assert/strict';
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {chmod, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import http from 'node:http';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {findCgroups} from '../../../src/prod/holder/cgroup.js';
import type {HolderOptions} from '../../../src/prod/holder/holder.js';
import type {Isolation} from '../../../src/prod/holder/isolation.js';
import type {Instance} from '../../../src/supervisor/instance.js';
import type {LaunchSpec} from '../../../src/supervisor/launch-spec.js';
import {reservePort} from '../../../src/supervisor/reserved-port.js';
import {systemClock} from '../../../src/system/clock.js';
import {errorCode} from '../../../src/system/error.js';
import {isRunning, processIdentity} from '../../../src/system/processes.js';
import {eventually} from '../../helpers/eventually.js';

const PROGRAMS = fileURLToPath(new URL('./programs', import.meta.url));
const program = (name: string): [string, ...string[]] => [
  process.execPath,
  '--import',
  `${PROGRAMS}/typescript.mjs`,
  `${PROGRAMS}/${name}.ts`,
];

/** Makes the second start of a program several times faster. */
const NODE_COMPILE_CACHE = path.join(tmpdir(), 'tako-test-compiled');

export const isRoot = process.getuid?.() === 0;

/** As whom the server process runs where the tests are root's: `nobody` of most systems. */
export const NOBODY = {uid: 65_534, gid: 65_534};

export type Facts = {
  readonly pid: number;
  readonly uid: number;
  readonly limitsBy: string | null;
  readonly isIsolated: boolean;
};
export type Asked = {spec: LaunchSpec; isolation?: Isolation};
type Failure = {readonly code: string | null; readonly message: string; readonly details: readonly string[]};

/** A holder in a process of its own, and what its server process can be asked. */
export type HolderProcess = Awaited<ReturnType<typeof startHolderProcess>>;

const started: {close(): Promise<void>}[] = [];

/** For after each test, or all of a file: ends holders, removes folders. */
export async function closeStarted(): Promise<void> {
  for (const holder of started.splice(0)) await holder.close();
}

export async function makeRoot(): Promise<string> {
  const root = await mkdtemp(path.join(tmpdir(), 'tako-holder-'));
  // Apps of other users have their folders in it.
  await chmod(root, 0o755);
  started.unshift({close: () => rm(root, {recursive: true, force: true})});
  return root;
}

export async function startHolderProcess(changes: Partial<HolderOptions> & {readonly root: string}) {
  const {root} = changes;
  const modeFile = path.join(root, 'mode');
  const versionFile = path.join(root, 'version');
  for (const [name, text] of [
    [modeFile, 'works'],
    [versionFile, '1'],
  ] as const) {
    await writeFile(name, text, {flag: 'wx'}).catch(() => {});
  }
  const port = changes.listeners?.[0]?.port ?? (await reservePort());
  const cgroupName = `tako-test-${process.pid}-${port}`;
  const options: HolderOptions = {
    listeners: [{name: 'http', host: '127.0.0.1', port}],
    server: {
      command: [...program('server'), modeFile],
      directory: '/',
      environment: {PATH: process.env.PATH, NODE_COMPILE_CACHE},
      user: isRoot ? NOBODY : undefined,
    },
    graceMs: 2_000,
    cgroupName,
    ...changes,
  };
  const [file, ...args] = program('holder');
  const child = spawn(
    file,
    [...args, JSON.stringify(options), versionFile, (await readFile(versionFile, 'utf8')).trim()],
    {stdio: ['ignore', 'ignore', 'pipe']},
  );
  const said: string[] = [];
  child.stderr.on('data', chunk => said.push(String(chunk)));
  const exited = once(child, 'exit');
  const ask = async <T>(action: string, asked: unknown = {}): Promise<T> => {
    const {result, error} = await post<T>(port, action, asked);
    // One that is followed takes connections until the other does.
    if (error?.code === 'SERVER_DRAINING') return ask(action, asked);
    if (error) throw Object.assign(new Error(error.message), error);
    return result;
  };
  const holder = {
    child,
    port,
    root,
    options,
    said: () => said.join(''),
    ask,
    /** The pid of the server process that answers, once one does. */
    server: () => eventually(async () => (await ask<Facts>('/facts')).pid),
    facts: () => eventually(() => ask<Facts>('/facts')),
    start: (spec: LaunchSpec, isolation?: Isolation) => ask<{port: number; pid: number}>('/start', {spec, isolation}),
    instance: (spec: LaunchSpec) => ask<Instance>('/instance', {spec}),
    lines: (spec: LaunchSpec) => ask<[string, string][]>('/lines', {spec}),
    /** Resolves with the pid of another server process than the one given. */
    serverAfter: (old: number) =>
      eventually(async () => {
        const {pid} = await ask<Facts>('/facts');
        assert.notEqual(pid, old);
        return pid;
      }),
    /** What the next reload is to find as the current version. */
    setVersion: (version: string) => writeFile(versionFile, version),
    setMode: (mode: 'works' | 'exits' | 'hangs') => writeFile(modeFile, mode),
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    close: async () => {
      if (!hasEnded(child)) {
        child.kill('SIGTERM');
        await exited;
      }
      // One that was killed leaves its groups.
      await (await findCgroups(cgroupName, systemClock)).close();
    },
  };
  started.unshift(holder);
  return holder;
}

const hasEnded = ({exitCode, signalCode}: ChildProcess): boolean => exitCode !== null || signalCode !== null;

type Answer<T> = {readonly result: T; readonly error?: Failure};

const post = async <T>(port: number, action: string, asked: unknown): Promise<Answer<T>> =>
  JSON.parse(await request(port, action, JSON.stringify(asked)));

export const get = (port: number, url = '/'): Promise<string> => request(port, url);

/** On a connection of its own. */
function request(port: number, url: string, body?: string): Promise<string> {
  const method = body === undefined ? 'GET' : 'POST';
  return new Promise((resolve, reject) => {
    const asking = http.request({host: '127.0.0.1', port, path: url, method, agent: false}, response => {
      let text = '';
      response.on('data', chunk => {
        text += chunk;
      });
      response.on('end', () => resolve(text));
      response.on('error', reject);
    });
    asking.on('error', reject);
    asking.end(body);
  });
}

export async function isAlive(pid: number): Promise<boolean> {
  const identity = await processIdentity(pid);
  return identity !== undefined && isRunning(identity);
}

let apps = 0;

/** An app that is this program, given to node as text, and no other app of the file. */
export const scriptSpec = (script: string, changes: Partial<LaunchSpec> = {}): LaunchSpec => ({
  app: `shop/production@0123456789ab#${++apps}`,
  command: [process.execPath, '-e', script],
  directory: '/',
  environment: {PATH: process.env.PATH},
  bootstrap: {token: 'token', secrets: {}, storages: {}},
  ready: 'fd',
  port: undefined,
  restart: 'start-first',
  readyTimeoutMs: 20_000,
  graceMs: 5_000,
  ...changes,
});

/** Listens, says so on file descriptor 4, and has `requested(url)` decide what it answers. */
export const servingScript = (body: string): string => `
  const fs = require('node:fs');
  const server = require('node:http').createServer((request, response) => {
    ${body}
    response.end('ok');
  });
  server.listen(0, '127.0.0.1', () => fs.writeSync(4, server.address().port + '\\n'));
`;

type Tally = {done: number; refused: number; failed: string[]};

/** Asks again and again, each time on a new connection, until it is told to stop. */
export function askAllTheTime(port: number): () => Promise<Tally> {
  const tally: Tally = {done: 0, refused: 0, failed: []};
  let isOver = false;
  const loop = async (): Promise<void> => {
    while (!isOver) {
      try {
        await get(port, '/facts');
        tally.done++;
      } catch (error) {
        if (errorCode(error) === 'ECONNREFUSED') tally.refused++;
        else tally.failed.push(String(error));
      }
    }
  };
  const loops = Promise.all([loop(), loop(), loop(), loop()]);
  return async () => {
    isOver = true;
    await loops;
    return tally;
  };
}
