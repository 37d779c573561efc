// curl against `tako proxy`, in every version of HTTP that it speaks.

import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {createHome, startProxy, startUpstream} from '../../commands/proxy-support.js';
import {temporaryFolder} from '../../commands/support.js';
import {requires} from '../../helpers/system-parts.js';

const HOST = 'shop.test';
const CONTENT = Buffer.from(Array.from({length: 1_000_000}, (_, index) => index % 251));

const run = promisify(execFile);

const home = createHome();
afterAll(home.remove);

/** Serves the content as a whole or in ranges, and tells of anything else what came. */
const startApp = () =>
  startUpstream(async (request, response) => {
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

/** What it wrote, with the version and the status behind it. */
async function curl(...args: readonly string[]): Promise<Buffer> {
  const app = await startApp();
  const isPlain = args.includes('--plain');
  const {port} = await startProxy(home.folder, '--to', app.address, '--host', HOST, ...(isPlain ? ['--http'] : []));
  const origin = `${isPlain ? 'http' : 'https'}://${HOST}:${port}`;
  const options = args.filter(arg => arg !== '--plain').map(arg => arg.replace(/^\/\//, `${origin}/`));
  const address = ['--resolve', `${HOST}:${port}:127.0.0.1`, '--cacert', path.join(home.folder, 'ca', 'ca.crt')];
  const {stdout} = await run(
    'curl',
    ['-sS', '--max-time', '20', ...address, '-w', ' %{http_version} %{http_code}', ...options],
    {
      encoding: 'buffer',
      maxBuffer: 8 * CONTENT.length,
    },
  );
  return stdout;
}

const VERSIONS = [
  ['--http1.1', '--plain', '1.1'],
  ['--http1.1', '', '1.1'],
  ['--http2', '', '2'],
] as const;

let upload: string;

describe.skipIf(requires('curl'))('curl', () => {
  beforeAll(() => {
    upload = '';
  });

  describe.each(VERSIONS)('with %s %s', (flag, plain, version) => {
    const ask = async (...args: string[]): Promise<string> =>
      (await curl(flag, ...(plain === '' ? [] : [plain]), ...args)).toString('latin1');
    const file = (): string => {
      upload = path.join(temporaryFolder(), 'upload');
      writeFileSync(upload, CONTENT);
      return upload;
    };

    it('gets, posts and uploads', async () => {
      assert.equal(await ask('//path?q=1'), `GET /path?q=1 0 ${version} 200`);
      assert.equal(await ask('-d', 'a=b', '//form'), `POST /form 3 ${version} 200`);
      assert.equal(await ask('-T', file(), '//file'), `PUT /file ${CONTENT.length} ${version} 200`);
      assert.equal(
        await ask('-T', file(), '-H', 'Content-Length:', '//file'),
        `PUT /file ${CONTENT.length} ${version} 200`,
      );
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
    const printed = (await curl('--http1.0', '--plain', '-i', '//old')).toString('latin1');
    assert.match(printed, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(printed, /\r\nConnection: close\r\n/i);
    assert.doesNotMatch(printed, /Transfer-Encoding/i);
    assert.match(printed, /GET \/old 0 1\.1 200$/);
  });
});
