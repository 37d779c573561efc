import assert from 'node:assert/strict';
import {afterEach, describe, it} from 'vitest';
import type {DeployEvent} from '../../src/prod/deploy/deploy-event.js';
import {type DeployScreen, showDeploy} from '../../src/ui/deploy-screen.js';
import {eventually} from '../helpers/eventually.js';
import {DEPLOY, PROGRESS} from './deploy-events.js';
import {createFakeTerminal} from './fake-terminal.js';

const screens = new Set<DeployScreen>();
afterEach(async () => {
  for (const screen of screens) await screen.close('over');
  screens.clear();
});

type Setting = {readonly servers?: readonly string[]; readonly rows?: number; readonly columns?: number};

function show({servers = ['one'], ...size}: Setting = {}) {
  const terminal = createFakeTerminal(size);
  let interruptions = 0;
  const interrupt = (): void => {
    interruptions += 1;
  };
  const screen = showDeploy({servers, stdin: terminal.stdin, stdout: terminal.stdout, env: {}, interrupt});
  screens.add(screen);
  const push = (...events: readonly DeployEvent[]): void => {
    for (const event of events) screen.push(event);
  };
  const shows = (pattern: RegExp): Promise<void> =>
    eventually(() => assert.match(terminal.text(), pattern), {everyMs: 5});
  return {terminal, screen, push, shows, interruptions: () => interruptions};
}

describe('the screen of a deploy', () => {
  it('has a line for each step, with its mark and its seconds', async () => {
    const {push, shows} = show();
    push(...DEPLOY);
    await shows(/^✓ check {12}0\.1 s$/m);
    await shows(/^✓ dependencies {5}as before$/m);
    await shows(/^✓ build {12}4\.2 s\n✓ upload {11}3 files, 3\.0 MB, 2\.0 s\n✓ release command {2}1\.0 s\n/m);
    await shows(/^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] start {12}\d+\.\d s$/m);
  });

  it('shows how far an upload is', async () => {
    const {push, shows} = show();
    push({step: 'upload', server: 'one', type: 'started'});
    push({step: 'upload', server: 'one', type: 'progress', progress: PROGRESS});
    await shows(/upload {11}50 %, 1\.5 MB of 3\.0 MB, \d+\.\d s$/m);
  });

  it('has what commands say above the steps, each line once, and warnings too', async () => {
    const {terminal, push, shows, screen} = show();
    push(...DEPLOY);
    await shows(/migrating/);
    await screen.close('over');
    const text = terminal.text();
    assert.equal(text.match(/compiling/g)?.length, 1);
    assert.ok(text.indexOf('  | compiling') < text.indexOf('✓ check'));
    assert.ok(text.indexOf('warning: one cannot limit memory') < text.indexOf('✓ check'));
    assert.doesNotMatch(text, /built/);
  });

  it('shows each of several servers in the line of the step, and the one that failed', async () => {
    const {push, shows} = show({servers: ['one', 'two']});
    push(...DEPLOY);
    push({step: 'start', server: 'two', type: 'started'}, {step: 'start', server: 'two', type: 'failed'});
    await shows(/^✗ start {12}one \d+\.\d s · two failed$/m);
    push({step: 'release-command', server: 'one', type: 'output', text: 'more'});
    await shows(/^one: {3}\| more$/m);
    await shows(/^✓ check {12}0\.1 s$/m);
  });

  it('leaves the steps where they are and the terminal as it was', async () => {
    const {terminal, push, shows, screen} = show();
    push(...DEPLOY);
    await shows(/start/);
    assert.equal(terminal.stdin.isRaw, true);
    await screen.close('over');
    assert.equal(terminal.stdin.isRaw, false);
    assert.ok(terminal.written().lastIndexOf('\x1b[?25h') > terminal.written().lastIndexOf('\x1b[?25l'), 'the cursor');
    assert.match(terminal.text(), /✓ release command {2}1\.0 s\n. start[^\n]*\n*$/);
  });

  it('says of what it does not look at any more that it goes on', async () => {
    const {terminal, push, shows, screen} = show();
    push(...DEPLOY);
    await shows(/start/);
    await screen.close('left');
    assert.match(terminal.text(), /^→ start {12}goes on there$/m);
    const other = show();
    other.push({step: 'build', server: null, type: 'started'});
    await other.shows(/build/);
    await other.screen.close('left');
    assert.match(other.terminal.text(), /^✗ build {12}interrupted$/m);
  });

  it('takes Ctrl-C for an interruption, and other keys for nothing', async () => {
    const {terminal, push, shows, interruptions} = show();
    push(...DEPLOY);
    await shows(/start/);
    terminal.type('q');
    terminal.type('\x03');
    await eventually(() => assert.equal(interruptions(), 1));
    assert.doesNotMatch(terminal.text(), /q$/m);
  });

  it('shows the last steps where the terminal is too low for all, and cuts long lines', async () => {
    const {push, shows, terminal} = show({rows: 4, columns: 12});
    push(...DEPLOY);
    await shows(/start/);
    const rows = terminal
      .text()
      .split('\n')
      .filter(row => /^\S /.test(row));
    assert.ok(rows.length <= 3 && rows.every(row => row.length <= 12), JSON.stringify(rows));
  });
});
