import assert from 'node:assert/strict';
import {readdirSync, readlinkSync} from 'node:fs';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {eventually} from '../helpers/eventually.js';
import {createRandom, type Random} from '../helpers/random.js';
import {runs} from '../helpers/soak.js';
import {requires} from '../helpers/system-parts.js';
import {type Live, type LiveApp, SERVER_TOML, serverFiles, serverOf, startLive} from './live.js';

const STEPS = 20;
const NAMES = ['red', 'green', 'blue'] as const;

const TOMLS: readonly string[] = [
  '',
  '[vars]\nCOLOUR = "red"\n',
  '[vars]\nCOLOUR = "blue"\n',
  'restart = "stop-first"\n',
  'rutime = "node"\n',
  '[envs.development]\nroutes = ["other.test"]\n',
  '[envs.development]\nidle_timeout = "1s"\n',
];

const PROGRAMS: readonly string[] = [
  serverOf('v1'),
  serverOf('v2'),
  serverOf('v3', 'await delay(300);'),
  serverOf('v4', `process.on('SIGTERM', () => {});`),
  serverOf('v5', 'setTimeout(() => process.exit(1), 400);'),
  `throw new Error('no database');`,
  'await new Promise(resolve => setTimeout(resolve, 600_000));',
];

/** What may happen from outside; what is promised for it. */
const STEP_KINDS: readonly ((live: Live, app: LiveApp, random: Random) => Promise<unknown>)[] = [
  (_live, app) => app.register(),
  (_live, app) => app.get(),
  (_live, app) => app.get(),
  (live, {name}) => live.control.call('start', {name}),
  (live, {name}) => live.control.call('restart', {name}),
  (live, {name}) => live.control.call('remove', {name}),
  (_live, app, random) => app.write('server.mjs', oneOf(PROGRAMS, random)),
  (_live, app, random) => app.write('server.mjs', oneOf(PROGRAMS, random)),
  (_live, app, random) => app.write('tako.toml', tomlWith(oneOf(TOMLS, random))),
  async (_live, app) => kill((await app.status()).pid),
];

const tomlWith = (more: string): string => `${SERVER_TOML}ready_timeout = 2\n${more}`;

const oneOf = <T>(list: readonly T[], random: Random): T => {
  const item = list[random.below(list.length)];
  assert.ok(item !== undefined);
  return item;
};

let live: Live;

beforeAll(async () => {
  live = await startLive();
});

afterAll(() => live.close());

describe.skipIf(requires('/proc'))('whatever happens to the apps of a daemon', () => {
  it('everyone is answered, and no process outlives its app', async () => {
    for (let seed = 1; seed <= runs(2); seed++) await happen(createRandom(seed), seed);
  }, 600_000);
});

async function happen(random: Random, seed: number): Promise<void> {
  const apps = await Promise.all(
    NAMES.map(name => live.add(`${name}-${seed}`, {...serverFiles('v1'), 'tako.toml': tomlWith('')})),
  );
  const outcomes: Promise<unknown>[] = [];
  for (let step = 0; step < STEPS; step++) {
    const app = oneOf(apps, random);
    outcomes.push(oneOf(STEP_KINDS, random)(live, app, random).catch(error => error));
    await delay(random.below(200));
  }
  await Promise.all(outcomes);
  await assertUsable(apps, seed);
  await Promise.all(apps.map(({name}) => live.control.call('remove', {name})));
  await eventually(() => assert.deepEqual(processesIn(apps), [], `processes left by seed ${seed}`));
}

/** Each works again when its project does. */
async function assertUsable(apps: readonly LiveApp[], seed: number): Promise<void> {
  for (const app of apps) {
    await app.write('tako.toml', tomlWith(''));
    await app.write('server.mjs', serverOf('last'));
    await app.register();
    await eventually(async () => assert.match((await app.get()).body, /^last /, `seed ${seed}, ${app.name}`));
    // A change of before may still bring another process.
    await eventually(async () => {
      const {state, problem, pid} = await app.status();
      assert.deepEqual([state, problem], ['ready', null], `seed ${seed}, ${app.name}`);
      assert.deepEqual(processesIn([app]), [pid], `seed ${seed}, ${app.name}: only the one that serves`);
    });
  }
}

function kill(pid: number | null): void {
  try {
    if (pid !== null) process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}

/** Every process that works in the folder of one of the apps. */
function processesIn(apps: readonly LiveApp[]): number[] {
  const folders = new Set(apps.map(({directory}) => directory));
  const pids = readdirSync('/proc').filter(entry => /^\d+$/.test(entry));
  return pids.filter(pid => folders.has(folderOf(pid))).map(Number);
}

/** That of a process which has ended cannot be read. */
function folderOf(pid: string): string {
  try {
    return readlinkSync(path.join('/proc', pid, 'cwd'));
  } catch {
    return '';
  }
}
