import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {daemonEnvironment} from '../../src/devproxy/daemon-environment.js';

describe("the daemon's environment", () => {
  it('says who the user is and where programs are', () => {
    const terminal = {HOME: '/home/me', PATH: '/bin', LANG: 'C', LC_ALL: 'C', XDG_DATA_HOME: '/data'};
    assert.deepEqual(daemonEnvironment(terminal, '/data/tako'), terminal);
  });

  it('has nothing that belongs to one terminal', () => {
    const terminal = {TMPDIR: '/tmp/nix-1', NODE_OPTIONS: '--require ./x.cjs', XDG_RUNTIME_DIR: '/run', SECRET: 'x'};
    assert.deepEqual(
      daemonEnvironment({...terminal, TAKO_INSTANCE: 'abc', TAKO_BOOTSTRAP_DATA: '{}'}, '/data/tako'),
      {},
    );
  });

  it('has TAKO_HOME as an absolute path', () => {
    assert.deepEqual(daemonEnvironment({TAKO_HOME: 'here'}, '/home/me/here'), {TAKO_HOME: '/home/me/here'});
  });
});
