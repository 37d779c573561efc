import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {createHash} from 'node:crypto';
import {once} from 'node:events';
import {existsSync, readdirSync, readlinkSync} from 'node:fs';
import {open, readFile} from 'node:fs/promises';
import {constants} from 'node:http2';
import {request as openHttpsRequest} from 'node:https';
import path from 'node:path';
import {promisify} from 'node:util';
import {brotliCompressSync, brotliDecompressSync, gzipSync} from 'node:zlib';
import {describe, it} from 'vitest';
import type {Gateway} from '../../../src/proxy/gateway.js';
import {eventually} from '../../helpers/eventually.js';
import {fetchHttp1, fetchHttp2, HOST, http1Options, openHttp2} from '../harness.js';
import {addFiles, MODIFIED, makeFolder, serveFiles, serveFolders} from './support.js';

const MIB = 2 ** 20;

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');

const get = (gateway: Gateway, target: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetchHttp1(gateway, {path: target, headers, method});

/** One that knows the content of every file, as a manifest does. */
async function serveKnown(files: Record<string, string | Buffer>): Promise<Gateway> {
  const folder = await makeFolder(files);
  const hashes = new Map(Object.entries(files).map(([name, content]) => [path.join(folder, name), sha256(content)]));
  return serveFolders({folders: [folder], etagOf: file => hashes.get(file)});
}

/** Files of the folder that this process has open. */
const openFilesOf = (folder: string): string[] =>
  readdirSync('/proc/self/fd').flatMap(fd => {
    try {
      const file = readlinkSync(`/proc/self/fd/${fd}`);
      return file.startsWith(folder) ? [file] : [];
    } catch {
      return [];
    }
  });

/** A file of so many bytes that differ from place to place; it takes no room on disk where it has only zeros. */
async function makeLargeFile(folder: string, name: string, size: number): Promise<void> {
  await addFiles(folder, {[name]: ''});
  const handle = await open(path.join(folder, name), 'w');
  await handle.truncate(size);
  for (let offset = 0; offset < size; offset += MIB)
    await handle.write(Buffer.from(`at ${offset} `), 0, undefined, offset);
  await handle.close();
}

describe('the header of a file', () => {
  it('says what it is, and that browsers must not guess', async () => {
    const gateway = await serveFiles({'a.css': 'p {}'});
    const {status, headers, body} = await get(gateway, '/a.css');
    assert.deepEqual([status, body], [200, 'p {}']);
    assert.equal(headers['content-type'], 'text/css; charset=utf-8');
    assert.equal(headers['content-length'], '4');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['last-modified'], MODIFIED);
    assert.equal(headers['accept-ranges'], 'bytes');
    assert.equal(headers['cache-control'], 'public, max-age=0, must-revalidate');
    assert.match(String(headers.etag), /^W\/"4-[0-9a-f]+"$/);
    assert.equal(headers.vary, undefined);
  });

  it('says how long it may be kept: a hashed name for good, a page never unasked', async () => {
    const gateway = await serveFiles({
      'index.html': '',
      'assets/a-BdwA2x3f.js': '',
      'assets/a-BdwA2x3f.html': '',
      'sw.js': '',
    });
    const of = async (target: string) => (await get(gateway, target)).headers['cache-control'];
    assert.equal(await of('/'), 'no-cache');
    assert.equal(await of('/assets/a-BdwA2x3f.js'), 'public, max-age=31536000, immutable');
    assert.equal(await of('/assets/a-BdwA2x3f.html'), 'no-cache');
    assert.equal(await of('/sw.js'), 'public, max-age=0, must-revalidate');
  });

  it('has a strong ETag where the content is known', async () => {
    const gateway = await serveKnown({'a.txt': 'content'});
    assert.equal((await get(gateway, '/a.txt')).headers.etag, `"${sha256('content')}"`);
  });

  it('is all there is of it for HEAD, the same as for GET', async () => {
    const gateway = await serveFiles({'a.txt': 'content', 'empty.txt': ''});
    for (const [target, length] of [
      ['/a.txt', '7'],
      ['/empty.txt', '0'],
    ] as const) {
      const [{headers: ofGet}, {status, headers, body}] = [
        await get(gateway, target),
        await get(gateway, target, {}, 'HEAD'),
      ];
      assert.deepEqual([status, body, headers['content-length']], [200, '', length]);
      assert.deepEqual({...headers, date: ''}, {...ofGet, date: ''});
    }
    const http2 = await fetchHttp2(openHttp2(gateway), {':method': 'HEAD', ':path': '/a.txt'});
    assert.deepEqual([http2.status, http2.headers['content-length'], http2.body], [200, '7', '']);
  });
});

describe('a condition', () => {
  it('that holds is answered with 304, without a length, and the connection goes on', async () => {
    const gateway = await serveKnown({'a.txt': 'content', 'b.txt': 'next'});
    const etag = `"${sha256('content')}"`;
    for (const headers of [
      {'if-none-match': `"x", W/${etag}`},
      {'if-none-match': '*'},
      {'if-modified-since': MODIFIED},
    ]) {
      const answer = await get(gateway, '/a.txt', headers);
      assert.deepEqual([answer.status, answer.body, answer.headers.etag], [304, '', etag]);
      assert.equal(answer.headers['content-length'], undefined);
      assert.equal(answer.headers['cache-control'], 'public, max-age=0, must-revalidate');
    }
    const session = openHttp2(gateway);
    assert.equal((await fetchHttp2(session, {':path': '/a.txt', 'if-none-match': etag})).status, 304);
    assert.equal((await fetchHttp2(session, {':path': '/b.txt', 'if-none-match': etag})).body, 'next');
    assert.equal((await get(gateway, '/a.txt', {'if-match': '"x"'})).status, 412);
  });
});

describe('a range', () => {
  it('is answered with that part, over HTTP/1.1 and HTTP/2', async () => {
    const gateway = await serveKnown({'a.txt': '0123456789'});
    const answers = [
      await get(gateway, '/a.txt', {range: 'bytes=2-4'}),
      await fetchHttp2(openHttp2(gateway), {':path': '/a.txt', range: 'bytes=2-4'}),
    ];
    for (const {status, headers, body} of answers) {
      assert.deepEqual([status, body], [206, '234']);
      assert.deepEqual([headers['content-range'], headers['content-length']], ['bytes 2-4/10', '3']);
    }
  });

  it('that cannot be had is answered with 416', async () => {
    const gateway = await serveFiles({'a.txt': '0123456789'});
    const {status, headers, body} = await get(gateway, '/a.txt', {range: 'bytes=10-'});
    assert.deepEqual([status, headers['content-range'], body], [416, 'bytes */10', '']);
    assert.deepEqual([headers['cache-control'], headers.etag], ['no-store', undefined]);
  });

  it('of another version, of several parts, or for HEAD, is the whole file', async () => {
    const gateway = await serveKnown({'a.txt': '0123456789'});
    const etag = `"${sha256('0123456789')}"`;
    const range = 'bytes=0-1';
    assert.equal((await get(gateway, '/a.txt', {range, 'if-range': etag})).body, '01');
    assert.equal((await get(gateway, '/a.txt', {range, 'if-range': MODIFIED})).body, '01');
    assert.equal((await get(gateway, '/a.txt', {range, 'if-range': '"old"'})).body, '0123456789');
    assert.equal((await get(gateway, '/a.txt', {range: 'bytes=0-1,4-5'})).status, 200);
    assert.equal((await get(gateway, '/a.txt', {range}, 'HEAD')).headers['content-length'], '10');
  });
});

describe('a precompressed file', () => {
  const SCRIPT = 'console.log("hello");'.repeat(100);
  const FILES = {
    'a.js': SCRIPT,
    'a.js.br': brotliCompressSync(SCRIPT),
    'a.js.gz': gzipSync(SCRIPT),
    'b.js': SCRIPT,
    'photo.png': 'png',
    'photo.png.gz': 'other',
    'only.js.gz': gzipSync(SCRIPT),
  };

  it('stands for the plain one where the client takes it, with an ETag of its own', async () => {
    const folder = await makeFolder(FILES);
    const gateway = await serveFolders({folders: [folder], etagOf: file => path.basename(file)});
    const of = async (accept: string, name = 'a.js') => {
      const {headers} = await get(gateway, `/${name}`, {'accept-encoding': accept});
      return [headers['content-encoding'], headers.etag, headers['content-type'], headers.vary];
    };
    const type = 'text/javascript; charset=utf-8';
    assert.deepEqual(await of('gzip, br'), ['br', '"a.js.br"', type, 'accept-encoding']);
    assert.deepEqual(await of('gzip'), ['gzip', '"a.js.gz"', type, 'accept-encoding']);
    assert.deepEqual(await of('zstd'), [undefined, '"a.js"', type, 'accept-encoding']);
    assert.deepEqual(await of('br', 'b.js'), [undefined, '"b.js"', type, undefined]);
    assert.deepEqual(await of('gzip', 'photo.png'), [undefined, '"photo.png"', 'image/png', undefined]);
    const stale = await get(gateway, '/a.js', {'accept-encoding': 'br', 'if-none-match': '"a.js.gz"'});
    assert.equal(stale.status, 200);
    const known = await get(gateway, '/a.js', {'accept-encoding': 'br', 'if-none-match': '"a.js.br"'});
    assert.deepEqual([known.status, known.headers.vary], [304, 'accept-encoding']);
  });

  it('is itself a file, and nothing without its plain form', async () => {
    const gateway = await serveFiles(FILES);
    const packed = await get(gateway, '/a.js.gz');
    assert.deepEqual(
      [packed.headers['content-type'], packed.headers['content-encoding']],
      ['application/gzip', undefined],
    );
    assert.equal((await get(gateway, '/only.js', {'accept-encoding': 'gzip'})).status, 404);
  });

  it('is what curl unpacks', async () => {
    const gateway = await serveFiles(FILES);
    const {port} = gateway.https;
    const url = `https://${HOST}:${port}/a.js`;
    const curl = async (...args: string[]): Promise<Buffer> => {
      const common = ['-sk', '--resolve', `${HOST}:${port}:127.0.0.1`];
      return (await promisify(execFile)('curl', [...common, ...args, url], {encoding: 'buffer'})).stdout;
    };
    assert.equal(String(await curl('--http1.1', '-H', 'Accept-Encoding: gzip', '--compressed')), SCRIPT);
    assert.equal(String(brotliDecompressSync(await curl('--http2', '-H', 'Accept-Encoding: br'))), SCRIPT);
    assert.equal(String(await curl('-r', '8-18')), SCRIPT.slice(8, 19));
    assert.equal(
      String(await curl('--head', '-o', '/dev/null', '-w', '%{http_code} %header{content-length}')),
      '200 2100',
    );
  });
});

describe.skipIf(!existsSync('/proc/self/fd'))('a large file', () => {
  const SIZE = 48 * MIB;

  it('arrives whole over HTTP/1.1 and HTTP/2, also from its middle', async () => {
    const folder = await makeFolder();
    await makeLargeFile(folder, 'a.bin', 8 * MIB + 17);
    const gateway = await serveFolders({folders: [folder]});
    const content = await readFile(path.join(folder, 'a.bin'), 'latin1');
    assert.equal(sha256((await get(gateway, '/a.bin')).body), sha256(content));
    const session = openHttp2(gateway);
    assert.equal(sha256((await fetchHttp2(session, {':path': '/a.bin'})).body), sha256(content));
    const {body} = await fetchHttp2(session, {':path': '/a.bin', range: `bytes=${3 * MIB + 1}-${5 * MIB}`});
    assert.equal(sha256(body), sha256(content.slice(3 * MIB + 1, 5 * MIB + 1)));
    await eventually(() => assert.deepEqual(openFilesOf(folder), []));
  });

  it('is read no faster than its client reads, and closed when that leaves', async () => {
    const folder = await makeFolder();
    await makeLargeFile(folder, 'a.bin', SIZE);
    const sent: number[] = [];
    const gateway = await serveFolders({
      folders: [folder],
      gateway: {onLog: ({bytesSent, outcome}) => outcome === 'client-gone' && sent.push(bytesSent)},
    });
    const request = openHttpsRequest(http1Options(gateway, {path: '/a.bin'})).end();
    const [response] = await once(request, 'response');
    response.on('error', () => undefined);
    response.pause();
    const stream = openHttp2(gateway).request({':path': '/a.bin', ':authority': HOST});
    stream.on('error', () => undefined);
    await once(stream, 'response');
    stream.pause();
    await eventually(() => assert.equal(openFilesOf(folder).length, 2));
    request.destroy();
    stream.close(constants.NGHTTP2_CANCEL);
    await eventually(() => assert.deepEqual(openFilesOf(folder), []));
    await eventually(() => assert.equal(sent.length, 2));
    for (const bytes of sent) assert.ok(bytes < SIZE / 2, `${bytes} bytes went to a client that read none`);
  });

  it('that loses its end while it is sent is broken off, never completed', async () => {
    const folder = await makeFolder();
    await makeLargeFile(folder, 'a.bin', SIZE);
    const gateway = await serveFolders({folders: [folder]});
    const request = openHttpsRequest(http1Options(gateway, {path: '/a.bin'})).end();
    const [response] = await once(request, 'response');
    const handle = await open(path.join(folder, 'a.bin'), 'r+');
    await handle.truncate(MIB);
    await handle.close();
    response.resume();
    const [error] = await once(response, 'error');
    assert.match(String(error), /aborted|ECONNRESET/);
    await eventually(() => assert.deepEqual(openFilesOf(folder), []));
  });

  it('asked for by many who leave at any moment leaves no file open', async () => {
    const folder = await makeFolder();
    await makeLargeFile(folder, 'a.bin', 4 * MIB);
    const gateway = await serveFolders({folders: [folder]});
    const session = openHttp2(gateway);
    await Promise.all(
      Array.from({length: 60}, async (_, number) => {
        const stream = session.request({':path': '/a.bin', ':authority': HOST});
        stream.on('error', () => undefined);
        let received = 0;
        stream.on('data', chunk => {
          received += chunk.length;
          if (received > number * 50_000) stream.close(constants.NGHTTP2_CANCEL);
        });
        if (number % 4 === 0) setImmediate(() => stream.close(constants.NGHTTP2_CANCEL));
        await once(stream, 'close');
      }),
    );
    await eventually(() => assert.deepEqual(openFilesOf(folder), []));
    assert.equal((await get(gateway, '/a.bin', {range: 'bytes=0-3'})).body, 'at 0');
  });
});

describe('a request with a body', () => {
  it('gets the file all the same, and the next one on its connection too', async () => {
    const gateway = await serveFiles({'a.txt': 'file'});
    const session = openHttp2(gateway);
    assert.equal((await fetchHttp2(session, {':path': '/a.txt'}, 'x'.repeat(200_000))).body, 'file');
    assert.equal((await fetchHttp2(session, {':path': '/a.txt'})).body, 'file');
    assert.equal((await fetchHttp1(gateway, {path: '/a.txt', method: 'GET', body: 'body'})).body, 'file');
  });
});
