import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {diagnose} from '../../../src/supervisor/diagnosis/diagnose.js';
import {capturedOutput, exitedWith, specWith, TIMED_OUT} from './describe.js';

const codeOf = (lines: readonly string[], code = 1) => diagnose(specWith(), exitedWith(code), lines).code;

describe('a cause is not named', () => {
  it('when a server went on with another port', () => {
    assert.equal(codeOf(['Port 5173 is in use, trying another one...']), 'APP_EXITED_EARLY');
    assert.equal(
      codeOf(['⚠ Port 3000 is in use by process 71, using available port 3001 instead.']),
      'APP_EXITED_EARLY',
    );
  });

  it('when the app survived it and failed of another one later', () => {
    const lines = [...capturedOutput('node-port-in-use'), ...capturedOutput('node-crash')];
    assert.equal(codeOf(lines), 'APP_CRASHED');
    assert.equal(codeOf([...lines].concat(capturedOutput('node-variable-missing'))), 'SETTING_MISSING');
  });

  it('when the command ended well', () => {
    assert.equal(codeOf(capturedOutput('node-crash'), 0), 'APP_ENDED');
    assert.equal(codeOf(capturedOutput('node-package-missing-cjs'), 0), 'APP_ENDED');
  });

  it('when the app still runs and only told of something on its way', () => {
    assert.equal(diagnose(specWith(), TIMED_OUT, capturedOutput('node-crash')).code, 'APP_NOT_READY');
  });

  it('when a watcher has started the app again after a crash', () => {
    const lines = [...capturedOutput('nodemon-crash'), '[nodemon] starting `node crash.js`', 'connecting'];
    assert.equal(diagnose(specWith(), TIMED_OUT, lines).code, 'APP_NOT_READY');
  });

  it('when JSON that was read at run time is broken', () => {
    const {code, message} = diagnose(specWith(), exitedWith(1), [
      'undefined:1',
      '{a',
      ' ^',
      '',
      `SyntaxError: Expected property name or '}' in JSON at position 1 (line 1 column 2)`,
      '    at JSON.parse (<anonymous>)',
      '    at Object.<anonymous> (/web/server.js:1:6)',
    ]);
    assert.equal(code, 'APP_CRASHED');
    assert.match(message, / at server\.js:1:6$/);
  });

  it('by a key that is missing from anything but the environment', () => {
    assert.equal(
      codeOf(['Traceback (most recent call last):', '  File "/web/a.py", line 1, in <module>', "KeyError: 'DATABASE'"]),
      'APP_CRASHED',
    );
  });

  it('by a warning that has a stack', () => {
    const lines = ['(node:7) Warning: this is old', '    at Object.<anonymous> (/web/server.js:1:9)'];
    assert.equal(codeOf(lines), 'APP_EXITED_EARLY');
  });

  it('by code of others', () => {
    const lines = ['Error: no', '    at a (/web/node_modules/x/index.js:1:1)', '    at b (/usr/lib/y.js:1:1)'];
    assert.match(diagnose(specWith(), exitedWith(1), lines).message, /ready: Error: no$/);
  });
});
