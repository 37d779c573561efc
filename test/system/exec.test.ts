import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import fc from 'fast-check';
import {describe, it} from 'vitest';
import {TakoError} from '../../src/system/error.js';
import {elevate, renderCommand, run} from '../../src/system/exec.js';

describe('running a command', () => {
  it('gives its exit code and both outputs, whatever the code', async () => {
    const result = await run({file: 'sh', args: ['-c', 'echo out; echo err >&2; exit 3']});
    assert.deepEqual(result, {exitCode: 3, stdout: 'out', stderr: 'err'});
  });

  it('passes words as they are, as there is no shell', async () => {
    const words = ['$HOME', '*', 'a b', '; echo x', "'"];
    const {stdout} = await run({
      file: process.execPath,
      args: ['-p', 'JSON.stringify(process.argv.slice(1))', ...words],
    });
    assert.deepEqual(JSON.parse(stdout), words);
  });

  it('has the environment that is given and no other', async () => {
    const environment = {PATH: process.env.PATH, ONLY: 'this'};
    const {stdout} = await run({file: 'env', args: []}, {environment});
    assert.match(stdout, /^ONLY=this$/m);
    assert.doesNotMatch(stdout, /^HOME=/m);
  });

  it('writes its input', async () => {
    assert.equal((await run({file: 'cat', args: []}, {input: 'hello'})).stdout, 'hello');
    assert.equal((await run({file: 'cat', args: []})).stdout, '');
  });

  it('that does not end in time fails', async () => {
    const {exitCode} = await run({file: 'sleep', args: ['600']}, {timeoutMs: 10});
    assert.notEqual(exitCode, 0);
  });

  it('says that there is no such program', async () => {
    await assert.rejects(run({file: 'no-such-program', args: []}), error => {
      assert.ok(error instanceof TakoError);
      assert.deepEqual([error.code, error.message], ['TOOL_MISSING', 'no-such-program is not installed']);
      return true;
    });
  });
});

describe('a command that needs root', () => {
  const command = {file: 'update-ca-certificates', args: ['--fresh'], elevated: true};

  it('is run through sudo, except by root', () => {
    assert.deepEqual(elevate(command, false), {file: 'sudo', args: ['--', 'update-ca-certificates', '--fresh']});
    assert.deepEqual(elevate(command, true), {file: 'update-ca-certificates', args: ['--fresh']});
    assert.deepEqual(elevate({...command, elevated: false}, false).file, 'update-ca-certificates');
  });

  it('is shown as it will be run', () => {
    assert.equal(renderCommand(command, false), 'sudo -- update-ca-certificates --fresh');
    assert.equal(renderCommand(command, true), 'update-ca-certificates --fresh');
  });
});

describe('a command as it is shown', () => {
  it('has quotes only where they are needed', () => {
    const args = ['-t', 'C,,', 'sql:/home/me', '', 'a b', "it's", '$HOME'];
    assert.equal(
      renderCommand({file: 'certutil', args}, true),
      `certutil -t C,, sql:/home/me '' 'a b' 'it'\\''s' '$HOME'`,
    );
  });

  it('means the same to a shell, whatever its words are', () => {
    const word = fc.string({unit: fc.constantFrom(...`ab '"\\$\`*?!#&;|<>()[]{}~\n\té=:,./-@%+`), maxLength: 8});
    fc.assert(
      fc.property(fc.array(word, {minLength: 1, maxLength: 6}), words => {
        const shown = renderCommand({file: 'printf', args: ['%s\\0', ...words]}, true);
        assert.equal(execFileSync('sh', ['-c', shown], {encoding: 'utf8'}), words.map(text => `${text}\0`).join(''));
      }),
      {seed: 9, numRuns: 100},
    );
  });
});
