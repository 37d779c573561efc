import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import type {DeployEvent} from '../../src/prod/deploy/deploy-event.js';
import {createDeployLines} from '../../src/ui/deploy-lines.js';
import {createStyle} from '../../src/ui/style.js';
import {ATTACHED, DEPLOY, PROGRESS} from './deploy-events.js';

function linesOf(events: readonly DeployEvent[], servers: readonly string[] = ['one']): readonly string[] {
  const lines: string[] = [];
  const print = createDeployLines(servers, createStyle({isColour: false}), line => lines.push(line));
  for (const event of events) print(event);
  return lines;
}

describe('a deploy without a terminal', () => {
  it('is a line for each step that is done, with what commands say between', () => {
    assert.deepEqual(linesOf(DEPLOY), [
      'warning: one cannot limit memory',
      'checked (0.1 s)',
      'packages installed (as before)',
      '  | compiling',
      'built (4.2 s)',
      'uploaded 3 files, 2,930 KiB as 977 KiB',
      '  | migrating',
      'release command done (1.0 s)',
    ]);
  });

  it('names the servers where there are several', () => {
    const [, , ...upload] = linesOf(DEPLOY.slice(-7), ['one', 'two']);
    assert.deepEqual(upload, ['one: release command done (1.0 s)']);
    assert.deepEqual(linesOf([{step: 'check', server: null, type: 'done', elapsedMs: 0, note: null}], ['one', 'two']), [
      'checked (0.0 s)',
    ]);
  });

  it('says so where nothing has to be uploaded', () => {
    const upload = {step: 'upload', server: 'one'} as const;
    assert.deepEqual(
      linesOf([
        {...upload, type: 'started'},
        {...upload, type: 'done', elapsedMs: 1, note: null},
      ]),
      ['nothing to upload'],
    );
    assert.equal(PROGRESS.totalObjects, 3);
  });

  it('says what it attaches to', () => {
    assert.deepEqual(linesOf([ATTACHED]), [
      'the deploy of release 0123456789ab from here, since 2030-01-02T03:04:05.000Z, is still under way',
    ]);
  });

  it('lets no command draw on the terminal', () => {
    assert.deepEqual(linesOf([{step: 'build', server: null, type: 'output', text: '\x1b[2J\x1b[31m10%\r\x1b[2K90%'}]), [
      '  | 90%',
    ]);
  });
});
