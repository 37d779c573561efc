import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import fc from 'fast-check';
import {describe, it} from 'vitest';
import {remoteScript} from '../../../src/prod/remote/remote-script.js';
import {quoteCommand, quoteWord} from '../../../src/prod/remote/shell-quote.js';

/** Anything an argument can be. */
const word = fc.string({unit: 'binary', maxLength: 40}).filter(text => !text.includes('\0') && text.isWellFormed());

describe('a quoted word', () => {
  it('comes out of a shell as it went in, alone and beside others', () => {
    fc.assert(
      fc.property(fc.array(word, {minLength: 1, maxLength: 20}), words => {
        const printed = execFileSync('sh', ['-c', quoteCommand(['printf', '%s\\0', ...words])], {encoding: 'utf8'});
        assert.deepEqual(printed.split('\0').slice(0, -1), words);
      }),
      {numRuns: 60, seed: 5},
    );
  });

  it('is left as it is when it needs no quotes', () => {
    assert.equal(quoteCommand(['/opt/tako/bin/tako-server', 'connect']), '/opt/tako/bin/tako-server connect');
    assert.equal(quoteWord(''), "''");
    assert.equal(quoteWord("it's"), "'it'\\''s'");
  });

  it('cannot hold a NUL', () => {
    assert.throws(() => quoteWord('a\0b'), RangeError);
  });
});

describe('a script for a server', () => {
  it('is nothing that a login shell could take differently, whatever is in it', () => {
    for (const script of ['echo hi', 'echo \'a!b\' "$x" `y` \\\n', '#'.repeat(5000)]) {
      assert.match(remoteScript(script).command, /^sh -c 'eval "\$\(dd bs=1 count=\d+ 2>\/dev\/null\)"'$/);
    }
    assert.match(remoteScript('echo hi', 'sudo').command, /^sudo -n sh -c /);
  });

  it('runs by its command with its head in front of its input', () => {
    const {command, head} = remoteScript('name=$(cat)\nprintf "%s\\n" "got $name"');
    const printed = execFileSync('bash', ['-c', command], {input: Buffer.concat([head, Buffer.from('ünïcode\n')])});
    assert.equal(printed.toString(), 'got ünïcode\n');
  });

  it("finds root's tools where a sudo that keeps the user's PATH runs it", () => {
    const {command, head} = remoteScript('echo "$PATH"');
    const env = {PATH: '/usr/local/bin:/usr/bin:/bin'};
    assert.match(execFileSync('sh', ['-c', command], {input: head, env}).toString(), /:\/usr\/sbin:\/sbin$/m);
  });
});
