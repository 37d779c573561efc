import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {promisify} from 'node:util';
import {describe, it} from 'vitest';
import {requires} from '../helpers/system-parts.js';

// The whole machine as a user has it, inside namespaces: nothing outside of them is changed.

const ROOT = path.resolve(import.meta.dirname, '../..');

/** What the script printed, by key. */
async function inNamespaces(script: string, ...unshared: string[]): Promise<Map<string, string>> {
  const work = mkdtempSync(path.join(tmpdir(), 'tako-machine-'));
  try {
    const file = path.join(ROOT, 'test/fixtures/machine', script);
    const args = [
      ...unshared,
      '--fork',
      'bash',
      file,
      work,
      path.join(ROOT, 'dist/cli.js'),
      path.join(ROOT, 'examples/hello'),
    ];
    const {stdout} = await promisify(execFile)('unshare', args, {timeout: 60_000});
    return new Map(
      stdout
        .trim()
        .split('\n')
        .map(line => [line.split(': ', 1)[0] ?? '', line.replace(/^[^:]*: ?/, '').trim()]),
    );
  } finally {
    rmSync(work, {recursive: true, force: true});
  }
}

const parts = ['root', 'mount namespace', 'ip', 'curl', 'openssl', 'certutil', 'update-ca-certificates', 'setpriv'];

describe.skipIf(requires(...parts))('on a machine whose resolver asks tako', () => {
  it('plain curl https://hello.test works once tako is trusted, and not before or after', {
    timeout: 60_000,
  }, async () => {
    const saw = await inNamespaces('curl-by-name.sh', '--net', '--mount');
    assert.equal(saw.get('before trust'), 'curl: (60)');
    assert.equal(saw.get('https'), '200 0 2');
    assert.equal(saw.get('page'), 'Hello from https://hello.test');
    assert.equal(saw.get('http'), '308 https://hello.test/a?b=c');
    assert.match(saw.get('root') ?? '', /Name Constraints: critical/);
    assert.equal(saw.get('openssl'), 'Verify return code: 0 (ok)');
    assert.equal(saw.get('doctor'), '0');
    assert.equal(saw.get('after untrust'), 'curl: (60)');
    assert.equal(saw.get('left in the store'), '0');
  });

  it('a user who may not open 443 is told so and served on 47831', {timeout: 60_000}, async () => {
    const saw = await inNamespaces('denied-ports.sh', '--net');
    assert.match(saw.get('said') ?? '', /serve it without a port.*; until then: https:\/\/hello\.localhost:47831$/);
    assert.equal(saw.get('https'), '200');
    assert.equal(saw.get('http'), '308 https://hello.localhost:47831/x');
    assert.match(saw.get('taken') ?? '', /^port 47831 is in use by .*\(pid \d+\)$/);
  });
});

describe.skipIf(requires('root', 'network namespace', 'ip', 'nsenter'))('a listener at all addresses', () => {
  it('answers peers of this machine alone where it is told so, of either family', {timeout: 60_000}, async () => {
    const saw = await inNamespaces('loopback-peers.sh', '--net');
    for (const family of ['IPv4', 'IPv6']) {
      assert.equal(saw.get(`${family} here at loopback`), 'hello');
      assert.equal(saw.get(`${family} there, to one that takes all`), 'hello', 'the way is open');
      assert.equal(saw.get(`${family} there`), 'ECONNRESET');
      assert.equal(saw.get(`${family} here at its address`), 'ECONNRESET');
    }
  });
});
