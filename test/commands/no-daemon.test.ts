import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {afterAll, describe, it} from 'vitest';
import {createTako} from '../helpers/tako.js';
import {documentOf, errorOf, temporaryFolder} from './support.js';

// Commands where no daemon runs. None of them starts one, except `dev` when it has something to start.

const tako = createTako();
afterAll(async () => {
  assert.equal((await tako.status()).daemon, null);
  await tako.close();
});

describe('without a daemon', () => {
  it('list and status say so, and how to get one', async () => {
    for (const command of [['dev', 'list'], ['dev', 'ls'], ['status']]) {
      const {code, stdout, stderr} = await tako.run(command);
      assert.deepEqual([code, stdout], [0, '']);
      assert.match(stderr, /^the daemon does not run; run "tako dev" /);
    }
  });

  it('list and status are empty as JSON', async () => {
    assert.deepEqual(documentOf(await tako.run(['dev', 'list', '--json'])), {ok: true, apps: []});
    assert.deepEqual(documentOf(await tako.run(['status', '--json'])), {ok: true, daemon: null, apps: []});
  });

  it.each(['stop', 'stop web', 'dev stop web', 'restart web'])('%s fails and says why', async command => {
    const words = command.split(' ');
    const [{code, stdout, stderr}, document] = await Promise.all([tako.run(words), tako.run([...words, '--json'])]);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /\[DAEMON_NOT_RUNNING\]\n {2}"tako dev" in the folder of an app starts it/);
    assert.equal(errorOf(document).code, 'DAEMON_NOT_RUNNING');
  });

  it.each(['logs web', 'logs web -f', 'logs'])('%s of what has no log fails and says why', async command => {
    const words = command.split(' ');
    const [{code, stdout, stderr}, document] = await Promise.all([tako.run(words), tako.run([...words, '--json'])]);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(
      stderr,
      /^error: there is no log of .+, and the daemon does not run \[NO_LOG\]\n {2}"tako dev" in the folder/,
    );
    assert.equal(errorOf(document).code, 'NO_LOG');
  });

  it('stop --all has nothing to do', async () => {
    assert.deepEqual(await tako.run(['stop', '--all']), {code: 0, stdout: '', stderr: 'nothing was running\n'});
    assert.deepEqual(documentOf(await tako.run(['stop', '--all', '--json'])), {ok: true, stopped: []});
  });

  it('dev in a folder that does not say how to start fails, with what to write', async () => {
    const cwd = temporaryFolder();
    const {code, stdout, stderr} = await tako.run(['dev'], {cwd});
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^error: .+ \[NO_DEV_COMMAND\]\n {2}write the command after tako dev, /);
    assert.equal(errorOf(await tako.run(['dev', '--json'], {cwd})).code, 'NO_DEV_COMMAND');
  });

  it('a config file that is not there is an error of every command that reads it', async () => {
    for (const command of [['dev'], ['run', 'true']]) {
      const {code, stderr} = await tako.run([command[0] ?? '', '-c', 'no-such', ...command.slice(1)]);
      assert.equal(code, 1);
      assert.match(stderr, /no-such\.toml \[CONFIG_NOT_FOUND\]/);
    }
  });

  it('a broken settings.toml is an error with its line', async () => {
    const home = temporaryFolder();
    writeFileSync(path.join(home, 'settings.toml'), 'prot = 5\n');
    const result = await tako.run(['trust', '--dry-run', '--json'], {env: {TAKO_HOME: home, HOME: home}});
    assert.equal(result.code, 1);
    assert.match(errorOf(result).details.join(), /settings\.toml:1:1 prot: .*"port"/);
  });
});
