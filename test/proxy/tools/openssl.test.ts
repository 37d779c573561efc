// What testssl asks of a TLS port, asked with openssl: of `tako proxy` with a certificate of the local authority.

import assert from 'node:assert/strict';
import {execFile, spawn} from 'node:child_process';
import {existsSync} from 'node:fs';
import path from 'node:path';
import {promisify} from 'node:util';
import {describe, it, onTestFinished} from 'vitest';
import {temporaryFolder} from '../../commands/support.js';
import {requires} from '../../helpers/system-parts.js';
import {SHOP, shareProxy} from './shared-proxy.js';

/** As old as openssl still speaks: it refuses much by itself otherwise. */
const ANYTHING = '@SECLEVEL=0';

const run = promisify(execFile);

const proxy = shareProxy((_, response) => response.end('app'));

/** A handshake with these options, and what is typed behind it, a moment after each other; all that openssl says. */
function handshake(options: readonly string[], typed: readonly string[] = ['Q\n']): Promise<string> {
  const args = ['s_client', '-connect', `127.0.0.1:${proxy.securePort}`, '-servername', SHOP, ...options];
  const client = spawn('openssl', args);
  onTestFinished(() => void client.kill());
  let output = '';
  let left = [...typed];
  const read = (chunk: Buffer): void => {
    output += chunk.toString('latin1');
    // Its last words about the handshake.
    if (!output.includes('Verify return code') || left.length === 0) return;
    const lines = left;
    left = [];
    void type(lines);
  };
  const type = async (lines: readonly string[]): Promise<void> => {
    for (const line of lines) {
      client.stdin.write(line);
      await new Promise(resolve => setTimeout(resolve, 100));
    }
    client.stdin.end();
  };
  client.stdout.on('data', read);
  client.stderr.on('data', read);
  client.stdin.on('error', () => undefined);
  return new Promise(resolve => client.once('close', () => resolve(output)));
}

const isMade = (output: string): boolean => /New, TLSv1|Reused, TLSv1/.test(output);

describe.skipIf(requires('openssl'))('openssl', () => {
  it.each([
    ['-tls1', false],
    ['-tls1_1', false],
    ['-tls1_2', true],
    ['-tls1_3', true],
  ])('with %s gets a connection: %s', async (version, isAccepted) => {
    const output = await handshake([version, '-cipher', `DEFAULT:${ANYTHING}`]);
    assert.equal(isMade(output), isAccepted, output);
    if (!isAccepted) assert.match(output, /alert protocol version/);
  });

  it('gets no cipher of TLS 1.2 that is broken, and none without forward secrecy', async () => {
    const {stdout} = await run('openssl', ['ciphers', '-s', '-tls1_2', `ALL:COMPLEMENTOFALL:${ANYTHING}`]);
    const names = stdout
      .trim()
      .split(':')
      .filter(name => !name.startsWith('TLS_'));
    assert.ok(names.some(name => name.includes('NULL')) && names.length > 50, 'this openssl knows few ciphers');
    const accepted: string[] = [];
    const tryEach = async (): Promise<void> => {
      for (let name = names.pop(); name !== undefined; name = names.pop()) {
        if (isMade(await handshake(['-tls1_2', '-cipher', `${name}:${ANYTHING}`]))) accepted.push(name);
      }
    };
    await Promise.all(Array.from({length: 6}, tryEach));
    assert.deepEqual(
      accepted.filter(name => !/^ECDHE-ECDSA-(AES|CHACHA20|CAMELLIA|ARIA)/.test(name)),
      [],
    );
    assert.ok(accepted.includes('ECDHE-ECDSA-AES128-GCM-SHA256'));
  });

  it('cannot renegotiate, and may rely on that being told safely', async () => {
    const output = await handshake(['-tls1_2'], ['R\n', 'Q\n']);
    assert.match(output, /Secure Renegotiation IS supported/);
    const [, after = ''] = output.split('RENEGOTIATING');
    // A second handshake would show the certificate a second time.
    assert.doesNotMatch(after, /verify return/);
    assert.match(after, /no renegotiation|unexpected eof|errno=/);
  });

  it('gets no compression, and no OCSP response', async () => {
    const output = await handshake(['-tls1_2', '-comp', '-status']);
    assert.match(output, /Compression: NONE/);
    assert.match(output, /OCSP response: no response sent/);
  });

  it.each(['-tls1_2', '-tls1_3'])('resumes its session with %s', async version => {
    const session = path.join(temporaryFolder(), 'session.pem');
    const request = [`GET / HTTP/1.1\r\nHost: ${SHOP}\r\nConnection: close\r\n\r\n`];
    const first = await handshake([version, '-sess_out', session, '-ign_eof'], request);
    assert.match(first, /New, TLSv1/);
    assert.ok(existsSync(session), first);
    assert.match(await handshake([version, '-sess_in', session]), /Reused, TLSv1/);
  });

  it.each([
    ['h2,http/1.1', /ALPN protocol: h2/],
    ['http/1.1,h2', /ALPN protocol: h2/],
    ['http/1.1', /ALPN protocol: http\/1\.1/],
    ['spdy/3,http/1.1', /ALPN protocol: http\/1\.1/],
    ['other', /alert no application protocol/],
  ])('that offers %s is told which protocol to speak', async (offered, told) => {
    assert.match(await handshake(['-alpn', offered]), told);
  });

  it('that offers no protocol is not told one', async () => {
    assert.match(await handshake([]), /No ALPN negotiated/);
  });

  it('gets a certificate for the name it asks for, from an authority it can check', async () => {
    const check = ['-CAfile', proxy.ca, '-verify_return_error', '-verify_hostname'];
    assert.match(await handshake([...check, SHOP]), /Verify return code: 0 \(ok\)/);
    assert.match(await handshake([...check, 'other.test']), /hostname mismatch/);
  });
});
