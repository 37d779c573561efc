// curl against `tako proxy`, in every version of HTTP that it speaks.

import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {promisify} from 'node:util';
import {describe, it} from 'vitest';
import {temporaryFolder} from '../../commands/support.js';
import {requires} from '../../helpers/system-parts.js';
import {SHOP, shareProxy} from './shared-proxy.js';

const CONTENT = Buffer.from(Array.from({length: 1_000_000}, (_, index) => index % 251));

const run = promisify(execFile);

/** Serves the content as a whole or in ranges, and tells of anything else what came. */
const proxy = shareProxy(async (request, response) => {
  if (request.url === '/content') {
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const part = from === undefined ? CONTENT : CONTENT.subarray(Number(from), Number(to) + 1);
    if (from !== undefined) response.setHeader('content-range', `bytes ${from}-${to}/${CONTENT.length}`);
    response.writeHead(from === undefined ? 200 : 206, {'content-length': part.length});
    response.end(part);
    return;
  }
  let bytes = 0;
  for await (const chunk of request) bytes += chunk.length;
  response.end(`${request.method} ${request.url} ${bytes}`);
});

/** What it wrote, with the version and the status behind it. Asks over plain HTTP with `--plain`. */
async function curl(...args: readonly string[]): Promise<string> {
  const isPlain = args.includes('--plain');
  const port = isPlain ? proxy.plainPort : proxy.securePort;
  const origin = `${isPlain ? 'http' : 'https'}://${SHOP}:${port}`;
  const options = args.filter(arg => arg !== '--plain').map(arg => arg.replace(/^\/\//, `${origin}/`));
  const address = ['--resolve', `${SHOP}:${port}:127.0.0.1`, '--cacert', proxy.ca];
  const printed = ['-w', ' %{http_version} %{http_code}'];
  const {stdout} = await run('curl', ['-sS', '--max-time', '20', ...address, ...printed, ...options], {
    encoding: 'latin1',
    maxBuffer: 8 * CONTENT.length,
  });
  return stdout;
}

const VERSIONS = [
  ['--http1.1', '--plain', '1.1'],
  ['--http1.1', '', '1.1'],
  ['--http2', '', '2'],
] as const;

describe.skipIf(requires('curl'))('curl', () => {
  describe.each(VERSIONS)('with %s %s', (flag, plain, version) => {
    const ask = (...args: string[]): Promise<string> => curl(flag, ...(plain === '' ? [] : [plain]), ...args);

    it('gets, posts and uploads', async () => {
      assert.equal(await ask('//path?q=1'), `GET /path?q=1 0 ${version} 200`);
      assert.equal(await ask('-d', 'a=b', '//form'), `POST /form 3 ${version} 200`);
      const file = path.join(temporaryFolder(), 'upload');
      writeFileSync(file, CONTENT);
      const uploaded = `PUT /file ${CONTENT.length} ${version} 200`;
      assert.equal(await ask('-T', file, '//file'), uploaded);
      const unsized = version === '2' ? 'Content-Length:' : 'Transfer-Encoding: chunked';
      assert.equal(await ask('-T', file, '-H', unsized, '//file'), uploaded);
    });

    it('waits for a 100 before it sends its body', async () => {
      const expecting = ['-H', 'Expect: 100-continue', '--expect100-timeout', '15', '--max-time', '10'];
      assert.equal(await ask(...expecting, '-d', 'a=b', '//form'), `POST /form 3 ${version} 200`);
    });

    it('gets the whole, a part of it, and its head alone', async () => {
      const tail = (status: number): string => ` ${version} ${status}`;
      assert.equal(await ask('//content'), CONTENT.toString('latin1') + tail(200));
      assert.equal(
        await ask('-r', '1000-1999', '//content'),
        CONTENT.subarray(1_000, 2_000).toString('latin1') + tail(206),
      );
      const head = await ask('-I', '//content');
      assert.match(head, /content-length: 1000000\r\n/i);
      assert.ok(head.endsWith(`\r\n\r\n${tail(200)}`));
    });
  });

  it('is answered in HTTP/1.0, and told that the connection ends', async () => {
    const printed = await curl('--http1.0', '--plain', '-i', '//old');
    assert.match(printed, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(printed, /\r\nConnection: close\r\n/i);
    assert.doesNotMatch(printed, /Transfer-Encoding/i);
    assert.match(printed, /GET \/old 0 1\.1 200$/);
  });
});
