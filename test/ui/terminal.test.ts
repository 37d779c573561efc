import assert from 'node:assert/strict';
import {EventEmitter} from 'node:events';
import type {SuspendTerminal} from 'ink';
import {describe, it} from 'vitest';
import {openTerminal, type TerminalOptions} from '../../src/ui/terminal.js';
import {eventually} from '../helpers/eventually.js';
import {createFakeTerminal} from './fake-terminal.js';

/** What happens to a terminal, in order: what is written, and what Ink and the process are asked. */
function open({isContinued = true, ...more}: Partial<TerminalOptions> & {readonly isContinued?: boolean} = {}) {
  const {stdin, stdout, written} = createFakeTerminal();
  const happened: string[] = [];
  const job = Object.assign(new EventEmitter(), {
    kill(pid: number, signal: string) {
      happened.push(`kill ${pid} ${signal}`);
      if (isContinued) setImmediate(() => job.emit('SIGCONT'));
    },
  });
  const terminal = openTerminal({stdin, stdout, title: 'tako', job, ...more});
  const suspend = async (act?: () => void | Promise<void>): Promise<unknown> => {
    happened.push('suspended');
    await act?.();
    happened.push('resumed');
    return undefined;
  };
  terminal.attach(suspend as SuspendTerminal);
  return {terminal, job, happened, written, stdin, stdout};
}

const ENTERED = '\x1b[22;0t\x1b]0;tako\x07';
const LEFT = '\x1b]0;\x07\x1b[23;0t';

describe('the terminal', () => {
  it('is left as it was found, once', () => {
    const {terminal, written, job} = open();
    terminal.close();
    terminal.close();
    assert.equal(written(), ENTERED + LEFT);
    assert.deepEqual(job.eventNames(), []);
  });

  it('changes its screen while nothing is drawn, and says so before it is', async () => {
    const {terminal, written, happened} = open();
    terminal.subscribe(() => happened.push(`${terminal.screen()}${terminal.isAway() ? ', away' : ''}`));
    await terminal.switchScreen('alternate');
    await terminal.switchScreen('alternate');
    assert.deepEqual(happened, ['main, away', 'suspended', 'alternate, away', 'resumed', 'alternate']);
    terminal.close();
    assert.equal(written(), `${ENTERED}\x1b[?1049h\x1b[?1049l${LEFT}`);
  });

  it('is the shell’s while the whole job is stopped', async () => {
    const {terminal, written, happened} = open();
    await terminal.switchScreen('alternate');
    happened.length = 0;
    await terminal.stop();
    assert.deepEqual(happened, ['suspended', 'kill 0 SIGTSTP', 'resumed']);
    assert.equal(written(), `${ENTERED}\x1b[?1049h\x1b[?1049l${LEFT}${ENTERED}\x1b[?1049h`);
    terminal.close();
  });

  it('is drawn again where nobody could continue the job, and so nothing stops it', async () => {
    const {terminal, happened} = open({isContinued: false});
    await terminal.stop();
    assert.deepEqual(happened, ['suspended', 'kill 0 SIGTSTP', 'resumed']);
    terminal.close();
  });

  it('is drawn again when the process was stopped by somebody else', async () => {
    const {terminal, job, happened} = open();
    job.emit('SIGCONT');
    await eventually(() => assert.deepEqual(happened, ['suspended', 'resumed']));
    terminal.close();
  });

  it('is left at once in a crash, on its main screen', async () => {
    const {terminal, job, written, stdin} = open();
    await terminal.switchScreen('alternate');
    stdin.isRaw = true;
    job.emit('uncaughtExceptionMonitor', new Error('no'));
    assert.equal(stdin.isRaw, false);
    assert.ok(written().endsWith(`\x1b[?2026l\x1b[?2004l\x1b[0m\x1b[?25h\x1b[?1049l${LEFT}`));
    const before = written();
    job.emit('exit');
    terminal.close();
    assert.equal(written(), before);
  });

  it('takes back the rows that became more when it was made narrower, and no others', () => {
    const {terminal, written, stdout} = open({
      frame: columns => `${'─'.repeat(columns)}\n\x1b[31mshort\x1b[0m\n日本語日本語`,
    });
    const resize = (columns: number): string => {
      const before = written().length;
      Object.assign(stdout, {columns});
      stdout.emit('resize');
      return written().slice(before);
    };
    assert.equal(resize(40), '\x1b[1A\x1b[J');
    assert.equal(resize(60), '');
    assert.equal(resize(10), '\x1b[6A\x1b[J');
    terminal.close();
    assert.equal(resize(5), '');
  });
});
