import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {readdirSync, readFileSync} from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';
import {describe, it} from 'vitest';
import {createClient} from '../helpers/client.js';
import {createProject} from '../helpers/project.js';
import {createRandom} from '../helpers/random.js';
import {isSoak} from '../helpers/soak.js';
import {requires} from '../helpers/system-parts.js';
import {createTako, type Tako} from '../helpers/tako.js';

// kill -9 at any moment, of anything: found by a mark in its environment that every process of the round inherits.

const ROUNDS = isSoak ? 60 : 4;
const SEED = 2026;
const NAMES = ['one', 'two', 'three'] as const;

type Victim = {readonly pid: number; readonly kind: 'daemon' | 'app' | 'command'};

describe.skipIf(requires('/proc'))('kill -9 at any moment, of daemon, app or command', () => {
  it(`loses nothing that was registered and leaves nothing running, in ${ROUNDS} rounds`, {
    // Against hanging: a round takes two seconds on a machine that does nothing else.
    timeout: ROUNDS * 60_000,
  }, async () => {
    const mark = `TAKO_TEST_MARK=${randomUUID()}`;
    const random = createRandom(SEED);
    const tako = createTako({[mark.split('=')[0] ?? '']: mark.split('=')[1] ?? ''});
    const projects = NAMES.map(name => createProject(name));
    try {
      for (const {directory} of projects) await (await startAndLeave(tako, directory)).end('SIGHUP');
      for (let round = 0; round < ROUNDS; round++) {
        const running = projects.map(({directory}) => tako.dev(directory));
        await delay(random.below(1_200));
        const victims = marked(mark).sort((a, b) => a.pid - b.pid);
        const victim = victims[random.below(Math.max(1, victims.length))];
        if (victim) kill(victim.pid);
        await Promise.all(running.map(dev => dev.end('SIGKILL')));
        await checkEverything(tako, projects, `round ${round}, killed ${victim?.kind}`);
      }
    } finally {
      await tako.close();
      for (const project of projects) project.remove();
    }
    assert.deepEqual(marked(mark), []);
  });
});

async function startAndLeave(tako: Tako, directory: string): Promise<ReturnType<Tako['dev']>> {
  const dev = tako.dev(directory);
  await dev.ready();
  return dev;
}

/** The next `tako dev` works, every app is there and answers, and each has one process. */
async function checkEverything(tako: Tako, projects: ReturnType<typeof createProject>[], when: string): Promise<void> {
  const [first] = projects;
  assert.ok(first);
  const dev = await startAndLeave(tako, first.directory);
  const {daemon, apps} = await tako.status();
  assert.ok(daemon, when);
  assert.deepEqual(apps.map(({name}) => name).sort(), [...NAMES].sort(), when);
  const client = createClient(daemon);
  for (const name of NAMES) {
    const {status, body} = await client.get(`${name}.test`);
    assert.equal(status, 200, `${when}: ${name}: ${body}`);
  }
  await client.close();
  const {apps: after} = await tako.status();
  const own = new Set(after.map(({pid}) => pid));
  const stray = appProcesses(projects.map(({directory}) => directory)).filter(pid => !own.has(pid));
  assert.deepEqual(stray, [], `${when}: processes that no app knows`);
  await dev.end('SIGHUP');
}

const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
};

/** Every process with the mark. */
function marked(mark: string): Victim[] {
  return pids().flatMap(pid => {
    if (!read(`/proc/${pid}/environ`).split('\0').includes(mark)) return [];
    const words = read(`/proc/${pid}/cmdline`).split('\0');
    const kind = words.includes('daemon') ? 'daemon' : words.includes('dev') ? 'command' : 'app';
    return [{pid, kind}];
  });
}

/** Processes whose working folder is a project: the apps. */
function appProcesses(directories: readonly string[]): number[] {
  return pids().filter(pid => {
    const environment = read(`/proc/${pid}/environ`).split('\0');
    const hasMarker = environment.some(entry => entry.startsWith('TAKO_INSTANCE='));
    return hasMarker && directories.some(directory => environment.includes(`TAKO_APP_ROOT=${directory}/src`));
  });
}

const pids = (): number[] =>
  readdirSync('/proc')
    .filter(entry => /^\d+$/.test(entry))
    .map(Number);

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
