import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {promisify} from 'node:util';
import {describe, it, onTestFinished} from 'vitest';
import {requires} from '../../helpers/system-parts.js';
import {certificate, HOST, startUpstream} from '../harness.js';
import {type Engine, startEngine} from './harness.js';

const run = promisify(execFile);

/** curl over HTTP/2, trusting the test's certificate; what it prints. */
async function curl({port}: Engine, ...args: string[]): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tako-curl-'));
  onTestFinished(() => rmSync(folder, {recursive: true}));
  const root = path.join(folder, 'root.pem');
  writeFileSync(root, certificate.cert);
  const address = ['--resolve', `${HOST}:${port}:127.0.0.1`, '--cacert', root];
  const {stdout} = await run('curl', ['-sS', '--http2', ...address, ...args, `https://${HOST}:${port}/path?q=1`], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

describe.skipIf(requires('curl'))('curl over HTTP/2', () => {
  it('gets an answer', async () => {
    const upstream = await startUpstream((incoming, response) => response.end(`${incoming.method} ${incoming.url}`));
    const printed = await curl(await startEngine({upstream}), '-w', ' %{http_version}');
    assert.equal(printed, 'GET /path?q=1 2');
  });

  it('uploads a mebibyte and gets it back', async () => {
    const upstream = await startUpstream((incoming, response) => void incoming.pipe(response));
    const body = 'ab'.repeat(512 * 1024);
    const folder = mkdtempSync(path.join(tmpdir(), 'tako-curl-'));
    onTestFinished(() => rmSync(folder, {recursive: true}));
    writeFileSync(path.join(folder, 'body'), body);
    const engine = await startEngine({upstream});
    assert.equal(await curl(engine, '--data-binary', `@${path.join(folder, 'body')}`), body);
  });

  it('sees that an answer was cut off', async () => {
    const upstream = await startUpstream((_, response) => {
      response.write('half');
      setTimeout(() => response.destroy(), 20);
    });
    // 92: a stream of HTTP/2 was not ended cleanly.
    await assert.rejects(curl(await startEngine({upstream})), {code: 92});
  });

  it('reads an answer that came before the end of the request', async () => {
    const upstream = await startUpstream((_, response) => response.writeHead(413).end('too much'));
    const engine = await startEngine({upstream});
    const printed = await curl(engine, '-X', 'POST', '-d', 'a'.repeat(100_000), '-w', ' %{http_code}');
    assert.equal(printed, 'too much 413');
  });
});
