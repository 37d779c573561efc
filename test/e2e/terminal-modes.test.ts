// What `tako dev` leaves behind in a real terminal and its shell: after Ctrl-Z, signals and a crash, on both screens of
// the terminal; and that it goes on to answer while an app floods it.

import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {afterEach, beforeEach, describe, it} from 'vitest';
import {eventually} from '../helpers/eventually.js';
import {createProject, type TestProject} from '../helpers/project.js';
import {requires} from '../helpers/system-parts.js';
import {createTako, type Tako} from '../helpers/tako.js';
import {createTmux, type Tmux} from '../helpers/tmux.js';

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');
const THROWS = path.resolve(import.meta.dirname, '../fixtures/throws-on-signal.mjs');

const PROMPT = 'tako-test$';
/** Of `stty`: all the modes of the terminal. */
const MODES = /^[\da-f]+(?::[\da-f]+){10,}$/m;

let tako: Tako;
let project: TestProject;
let tmux: Tmux;
/** The modes of the terminal, its title and its cursor before anything was started. */
let found: string;

async function open(program: string): Promise<void> {
  tako = createTako();
  project = createProject('hello', program);
  tmux = createTmux({
    columns: 110,
    rows: 24,
    cwd: project.directory,
    env: {TAKO_HOME: tako.home, PS1: `${PROMPT} `},
    command: ['bash', '--norc', '--noprofile', '-i'],
  });
  await tmux.shows(PROMPT);
  found = await leftTerminal();
  type(`${process.execPath} --import ${THROWS} ${CLI} dev`);
  await tmux.shows(/● hello {2}ready/);
}

function type(line: string): void {
  tmux.typeText(line);
  tmux.type('Enter');
}

/** What the terminal is like, as the shell sees it. */
async function leftTerminal(): Promise<string> {
  await eventually(() => assert.ok(tmux.screen().endsWith(PROMPT)));
  type('clear; stty -g');
  await tmux.shows(MODES);
  return [
    MODES.exec(tmux.screen())?.[0],
    tmux.ask('#{cursor_flag} #{alternate_on} #{mouse_any_flag} #{pane_title}'),
  ].join('\n');
}

/** The process that shows the app. Throws when it is not there. */
function screenPid(): number {
  const shell = tmux.ask('#{pane_pid}');
  const pids = descendantsOf(Number(shell)).filter(pid => commandOf(pid).endsWith(`${CLI}\0dev\0`));
  assert.equal(pids.length, 1);
  return pids[0] ?? 0;
}

const commandOf = (pid: number): string => readFileSync(`/proc/${pid}/cmdline`, 'utf8');

function descendantsOf(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number);
  return children.flatMap(child => [child, ...descendantsOf(child)]);
}

const isOnAlternate = (is: boolean): Promise<void> =>
  eventually(() => assert.equal(tmux.ask('#{alternate_on}'), is ? '1' : '0'));

async function goFullScreen(): Promise<void> {
  tmux.type('Tab');
  await isOnAlternate(true);
}

async function close(): Promise<void> {
  tmux.close();
  await tako.close();
  project.remove();
}

const hasNone = requires('tmux', 'bash') || process.platform !== 'linux';

describe.skipIf(hasNone).each(['strip', 'full screen'] as const)('a terminal that showed the %s', screen => {
  beforeEach(async () => {
    await open('talks.mjs');
    if (screen === 'full screen') await goFullScreen();
  });
  afterEach(close);

  it('is the shell’s own after Ctrl-Z, and tako’s again after fg', async () => {
    for (let times = 0; times < 3; times++) {
      tmux.type('C-z');
      await tmux.shows(/Stopped/);
      assert.equal(await leftTerminal(), found);
      type('fg');
      await isOnAlternate(screen === 'full screen');
      await tmux.shows(/● hello {2}ready/);
      await eventually(() => assert.equal(tmux.ask('#{pane_title}'), 'tako | hello'));
    }
    if (screen === 'full screen') tmux.type('Escape');
    await isOnAlternate(false);
    tmux.type('q');
    await tmux.shows('hello stopped');
    assert.equal(await leftTerminal(), found);
  });

  it('is drawn again when somebody else has stopped and continued tako', async () => {
    const pid = screenPid();
    process.kill(pid, 'SIGSTOP');
    await tmux.shows(/Stopped/);
    type('fg');
    await isOnAlternate(screen === 'full screen');
    await tmux.shows(/● hello {2}ready/);
    tmux.type('?');
    await tmux.shows(/restart the app/);
  });

  it.each([
    ['SIGTERM', /hello stopped/],
    ['SIGINT', /hello stopped/],
    ['SIGHUP', /hello goes on/],
  ] as const)('is as it was found after %s', async (signal, said) => {
    process.kill(screenPid(), signal);
    await tmux.shows(said);
    assert.equal(await leftTerminal(), found);
  });

  it('is as it was found after a crash, with the stack on it', async () => {
    process.kill(screenPid(), 'SIGUSR2');
    await tmux.shows(/^Error: thrown on SIGUSR2\n {4}at /m);
    await eventually(() => assert.ok(tmux.screen().endsWith(PROMPT)));
    assert.doesNotMatch(tmux.screen(), /● hello/);
    assert.equal(await leftTerminal(), found);
  });

  it('goes on when the daemon is killed', async () => {
    const {daemon} = await tako.status();
    process.kill(daemon?.pid ?? 0, 'SIGKILL');
    await tmux.shows(/starting it again/);
    await tmux.shows(/● hello {2}ready/);
    if (screen === 'full screen') tmux.type('Escape');
    await isOnAlternate(false);
    tmux.type('q');
    await tmux.shows('hello stopped');
    assert.equal(await leftTerminal(), found);
  });
});

describe.skipIf(hasNone)('a terminal that an app floods', () => {
  beforeEach(() => open('floods-for-ever.mjs'));
  afterEach(close);

  it('answers keys, says what it leaves out, takes any size, and is left as it was found', async () => {
    await tmux.shows(/flood \d+/);
    await eventually(() => assert.match(tmux.screen({scrollback: true}), /◆ … [\d,]+ lines skipped/));
    for (const [columns, rows] of [
      [40, 15],
      [20, 5],
      [150, 40],
      [110, 24],
    ] as const) {
      tmux.resize(columns, rows);
      await tmux.shows(columns > 20 ? /● hello {2}ready/ : /● hello/);
    }
    // One strip, whole: nothing of those before is left above it.
    await eventually(() => assert.match(tmux.screen(), /flood \d+\n─+\n● hello[^\n]*\n/));
    await goFullScreen();
    await tmux.shows(/flood \d+/);
    tmux.type('Escape');
    await isOnAlternate(false);
    tmux.type('C-z');
    await tmux.shows(/Stopped/);
    type('fg');
    await tmux.shows(/● hello/);
    tmux.type('q');
    await tmux.shows('hello stopped');
    assert.equal(await leftTerminal(), found);
  });

  it('does not grow with it', async () => {
    const memory = (): number =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${screenPid()}/status`, 'utf8'))?.[1]);
    const lines = (): number => Number(/flood (\d+)\n─/.exec(tmux.screen())?.[1] ?? 0);
    await eventually(() => assert.ok(lines() > 200_000), {progress: lines});
    const before = memory();
    await eventually(() => assert.ok(lines() > 600_000), {progress: lines});
    assert.ok(memory() < before + 150_000, `${before} kB, then ${memory()} kB`);
  });
});
