import assert from 'node:assert/strict';
import {execFile, execFileSync} from 'node:child_process';
import {existsSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'vitest';
import {manifestBytes, releaseId} from '../../../src/prod/releases/manifest-bytes.js';
import type {PreparedRelease} from '../../../src/prod/releases/release-store.js';
import {sha256Of} from '../../../src/prod/releases/sha256.js';
import {renderRoute} from '../../../src/proxy/route-syntax.js';
import {isSoak} from '../../helpers/soak.js';
import {deploy, openServer, type Server, SHOP, versionOf} from './faults/deploy.js';
import {temporaryFolder} from './support.js';

// Every step of a deploy that changes the disk is once the last one of its process: under soak each of them, else some,
// spread over the whole deploy.

const STRIDE = isSoak ? 1 : 7;

const FAULTS = path.join(import.meta.dirname, 'faults');

type Outcome = {
  readonly wasKilled: boolean;
  readonly steps?: number;
  readonly code?: string;
  readonly message?: string;
};

/** Runs the deploy in a process of its own. */
function run(root: string, kind: string, step: number): Promise<Outcome> {
  const imports = ['typescript.mjs', 'faults.mjs'].flatMap(file => ['--import', path.join(FAULTS, file)]);
  const env = {...process.env, FAULT_KIND: kind, FAULT_STEP: String(step), NODE_OPTIONS: '--no-warnings'};
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      ['--experimental-transform-types', ...imports, path.join(FAULTS, 'child.ts'), root],
      {env},
      (error, stdout, stderr) => {
        if (error?.signal === 'SIGKILL') resolve({wasKilled: true});
        else if (error) reject(new Error(stderr));
        else resolve({wasKilled: false, ...(JSON.parse(stdout) as object)});
      },
    );
  });
}

/** A server with versions 0 and 1 on it, to be copied. */
async function makeBase(folder: string): Promise<string> {
  const base = path.join(folder, 'base');
  const server = await openServer(base);
  for (const version of [0, 1]) await deploy(server, version);
  server.state.close();
  return base;
}

/** With its hard links. */
function copyOf(base: string, name: string): string {
  const copy = path.join(path.dirname(base), name);
  execFileSync('cp', ['-a', base, copy]);
  return copy;
}

const idOf = (n: number): string => releaseId(manifestBytes(versionOf(n).manifest));

async function checkServer(server: Server, root: string): Promise<void> {
  const {store, state} = server;
  const records = state.releases.list(SHOP);
  const current = records.filter(record => record.state === 'current').map(({id}) => id);
  assert.equal(current.length, 1, `current: ${current}`);
  assert.ok([idOf(1), idOf(2)].includes(current[0] ?? ''));
  const ids = await store.list(SHOP);
  assert.ok(ids.includes(current[0] ?? ''), 'the current release is not on the disk');
  for (const id of ids) checkTree(await store.find(SHOP, id));
  const routes = versionOf(current[0] === idOf(2) ? 2 : 1).manifest.routes;
  assert.deepEqual(state.routes.of(SHOP).map(renderRoute), routes.toSorted());
  for (const name of objectsIn(root)) assert.equal(await store.objects.verify(name.slice(0, 64)), 'intact');
}

/** All that the manifest has, and no more. */
function checkTree(release: PreparedRelease | undefined): void {
  assert.ok(release);
  const {tree, manifest} = release;
  const found = readdirSync(tree, {recursive: true, withFileTypes: true}).filter(entry => !entry.isDirectory());
  assert.equal(found.length, manifest.files.length);
  for (const entry of manifest.files) {
    const file = path.join(tree, entry.path);
    if ('link' in entry) assert.equal(readlinkSync(file), entry.link);
    else
      assert.deepEqual(
        [sha256Of(readFileSync(file)), statSync(file).mode & 0o777],
        [entry.sha256, entry.isExecutable ? 0o555 : 0o444],
      );
  }
}

const objectsIn = (root: string): string[] =>
  readdirSync(path.join(root, 'objects'), {recursive: true, encoding: 'utf8'})
    .map(name => path.basename(name))
    .filter(name => /^[0-9a-f]{64}x?$/.test(name));

const unfinishedIn = (root: string): string[] =>
  readdirSync(root, {recursive: true, encoding: 'utf8'}).filter(name => name.endsWith('.tmp'));

/** The server comes back, is whole, and deploys what was under way. */
async function checkRecovery(root: string): Promise<void> {
  const server = await openServer(root);
  try {
    await checkServer(server, root);
    await deploy(server, 2);
    await checkServer(server, root);
    assert.equal(server.state.releases.current(SHOP)?.id, idOf(2));
    assert.deepEqual(await server.store.list(SHOP), [idOf(1), idOf(2)].toSorted());
    assert.deepEqual(unfinishedIn(root), []);
    assert.equal(existsSync(path.join(root, 'manifests', sha256Of(manifestBytes(versionOf(0).manifest)))), false);
  } finally {
    server.state.close();
  }
}

/** Two processes at a time, as long as there are steps. */
async function atEveryStep(kind: string, check: (root: string, outcome: Outcome) => Promise<void>): Promise<number> {
  const base = await makeBase(temporaryFolder());
  const {steps = 0} = await run(copyOf(base, 'counted'), kind, 0);
  // Each kind begins elsewhere, so that together they come by more steps.
  const first = STRIDE === 1 ? 1 : kind.charCodeAt(0) % STRIDE;
  const todo = Array.from({length: steps + 1}, (_, index) => index).filter(
    step => step > 0 && step % STRIDE === first % STRIDE,
  );
  const work = async (): Promise<void> => {
    for (let step = todo.pop(); step !== undefined; step = todo.pop()) {
      const root = copyOf(base, `${kind}-${step}`);
      const outcome = await run(root, kind, step);
      await check(root, outcome).catch(error => Promise.reject(new Error(`${kind} at step ${step}`, {cause: error})));
      rmSync(root, {recursive: true});
    }
  };
  await Promise.all([work(), work()]);
  return steps;
}

describe('a server that is killed', () => {
  it('before any step of a deploy has one whole current release, and the next deploy works', {
    timeout: 600_000,
  }, async () => {
    const steps = await atEveryStep('kill', async (root, {wasKilled}) => {
      assert.ok(wasKilled);
      await checkRecovery(root);
    });
    assert.ok(steps > 60, `only ${steps} steps`);
  });

  it('in the middle of any step is no worse', {timeout: 600_000}, async () => {
    await atEveryStep('half', async (root, {wasKilled}) => {
      assert.ok(wasKilled);
      await checkRecovery(root);
    });
  });
});

describe('a server whose disk is full', () => {
  it('at any step of a deploy says so, leaves nothing half done, and goes on when there is room', {
    timeout: 600_000,
  }, async () => {
    const steps = await atEveryStep('full', async (root, {code, message}) => {
      assert.equal(code, 'DISK_FULL', message);
      assert.deepEqual(unfinishedIn(root), []);
      await checkRecovery(root);
    });
    assert.ok(steps > 30, `only ${steps} steps`);
  });
});
