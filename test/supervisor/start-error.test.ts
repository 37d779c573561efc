import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {StartError} from '../../src/supervisor/start-error.js';

const specOf = (...command: [string, ...string[]]) => ({
  app: 'web',
  command,
  directory: '/web',
  environment: {},
  bootstrap: {token: '', secrets: {}, storages: {}},
  readyTimeoutMs: 30_000,
  graceMs: 10_000,
});
const exited = {outcome: 'exited', exit: {code: 1, signal: null}} as const;

describe('the next step after a failed start', () => {
  it('under a runner that drops the descriptor is to name the program itself', () => {
    for (const program of ['npm', '/usr/bin/pnpm', 'npx']) {
      assert.match(new StartError(specOf(program, 'run', 'dev'), exited).hint ?? '', /name the server program itself/);
    }
  });

  it('of any other program is to run it alone', () => {
    assert.match(new StartError(specOf('node', 'server.js'), exited).hint ?? '', /run node server\.js in \/web$/);
  });
});
