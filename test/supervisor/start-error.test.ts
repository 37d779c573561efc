import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {explainStart, SHOWN_LINES, StartError} from '../../src/supervisor/start-error.js';
import {exitedWith, specWith, TIMED_OUT} from './diagnosis/describe.js';

const exited = exitedWith(1);

describe('the next step after a failed start', () => {
  it('under a runner that drops the descriptor is to name the program itself, where the descriptor counts', () => {
    for (const program of ['npm', '/usr/bin/pnpm', 'npx']) {
      const command = [program, 'run', 'dev'];
      assert.match(
        new StartError(specWith({command, ready: 'fd'}), exited).hint ?? '',
        /name the server program itself/,
      );
      assert.doesNotMatch(new StartError(specWith({command}), exited).hint ?? '', /descriptor/);
      assert.doesNotMatch(new StartError(specWith({command}), TIMED_OUT).hint ?? '', /descriptor/);
    }
  });

  it('of any other program is to run it alone', () => {
    assert.match(new StartError(specWith(), exited).hint ?? '', /run node server\.js in \/web$/);
  });
});

describe('the error of a failed start', () => {
  it('keeps the command, the exit and the last lines', () => {
    const lines = Array.from({length: 100}, (_, index) => `line ${index}`);
    const error = new StartError(specWith(), exited, lines);
    assert.deepEqual([error.app, error.command, error.exit], ['web', ['node', 'server.js'], {code: 1, signal: null}]);
    assert.deepEqual(error.lastLines, lines.slice(-SHOWN_LINES));
    assert.deepEqual(error.details, error.lastLines);
  });

  it('finds its cause above the lines that it shows', () => {
    const below = Array.from({length: 3 * SHOWN_LINES}, () => '    more of it');
    const error = new StartError(specWith(), exited, ['Error: Missing environment variable API_KEY', ...below]);
    assert.equal(error.code, 'SETTING_MISSING');
  });

  it('is also there when nothing can be found out', async () => {
    const spec = specWith({directory: '/no/such/folder'});
    assert.equal((await explainStart(spec, exited)).code, 'APP_EXITED_EARLY');
  });
});
