import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import {symlink} from 'node:fs/promises';
import path from 'node:path';
import {describe, it} from 'vitest';
import {parseFilePath} from '../../../src/proxy/static/file-path.js';
import {createRandom} from '../../helpers/random.js';
import {fetchHttp1, fetchHttp2, openHttp2, openTls, readAll} from '../harness.js';
import {makeFolder, serveFolders} from './support.js';

describe('the path of a file', () => {
  it('is its decoded segments', () => {
    assert.deepEqual(parseFilePath('/'), {segments: [], isFolder: true});
    assert.deepEqual(parseFilePath('/a%20b/c.txt?d=/e'), {segments: ['a b', 'c.txt'], isFolder: false});
    assert.deepEqual(parseFilePath('/a/'), {segments: ['a'], isFolder: true});
    assert.deepEqual(parseFilePath('/.well-known/x'), {segments: ['.well-known', 'x'], isFolder: false});
    assert.deepEqual(parseFilePath('/a..b/...c')?.segments, undefined);
    assert.deepEqual(parseFilePath('/a..b'), {segments: ['a..b'], isFolder: false});
  });

  it.each([
    '*',
    '',
    'a',
    '/%',
    '/%2',
    '/%ff',
    '/a%2fb',
    '/a%5Cb',
    '/a\\b',
    '/%00',
    '/a\x7f',
    '/..',
    '/a/../b',
    '//',
    '/a//b',
  ])('is not %j', target => {
    assert.equal(parseFilePath(target), undefined);
  });
});

// Parts that paths out of a folder are made of, put together in every order a seed gives.
const PARTS = [
  '..',
  '.',
  '%2e',
  '%2E%2e',
  '/',
  '//',
  '%2f',
  '%5c',
  '%252e%252e',
  '%252f',
  '%00',
  '%0a',
  '%',
  '%c0%af',
  '%ef%bc%8f',
  ';',
  '?',
  ':',
  '~',
  'public',
  'secret',
  'site',
  'link',
  'self',
  'a.txt',
  'secret.txt',
  '.env',
  '.well-known',
  'proc/self/environ',
  'index.html',
];

describe('paths of any kind', () => {
  /** A site beside a secret, with links to it, and everything in the site that may be answered. */
  async function makeSite() {
    const secret = 'TOP SECRET';
    const folder = await makeFolder({
      'secret.txt': secret,
      'secret/secret.txt': secret,
      'secret/index.html': secret,
      'site/.env': secret,
      'site/public/.git/config': secret,
      'site/a.txt': 'allowed',
      'site/index.html': 'allowed',
      'site/public/index.html': 'allowed',
      'site/public/a.txt': 'allowed',
      'site/.well-known/a.txt': 'allowed',
    });
    const site = path.join(folder, 'site');
    await symlink('../secret', path.join(site, 'link'));
    await symlink('../secret.txt', path.join(site, 'secret.txt'));
    await symlink('.', path.join(site, 'self'));
    return {site, secret};
  }

  function* targets(seed: number, count: number): Generator<string> {
    const random = createRandom(seed);
    for (let number = 0; number < count; number++) {
      let target = '/';
      for (let length = 1 + random.below(7); length > 0; length--) target += PARTS[random.below(PARTS.length)];
      yield target;
    }
  }

  it('never lead out of the folder over HTTP/1.1', async () => {
    const {site} = await makeSite();
    const gateway = await serveFolders({folders: [site], fallback: 'index.html'});
    const seen = new Set<number>();
    for (let batch = 0; batch < 20; batch++) {
      const socket = await openTls(gateway);
      const answers = readAll(socket);
      const requests = [...targets(batch, 60)].map(target => `GET ${target} HTTP/1.1\r\nHost: app.test\r\n\r\n`);
      socket.write(`${requests.join('')}GET /last HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n`);
      const text = await answers;
      assert.doesNotMatch(text, /SECRET|root:|PATH=/);
      assert.doesNotMatch(text, /location: \/\//i);
      for (const [, status] of text.matchAll(/HTTP\/1\.1 (\d{3})/g)) seen.add(Number(status));
    }
    assert.ok(seen.has(200) && seen.has(404), `only ${[...seen]} were seen`);
    assert.deepEqual(
      [...seen].filter(status => ![200, 308, 404].includes(status)),
      [],
    );
  });

  it('never lead out of the folder over HTTP/2', async () => {
    const {site} = await makeSite();
    const session = openHttp2(await serveFolders({folders: [site]}));
    let found = 0;
    for (const target of targets(1_000, 500)) {
      const {status, body} = await fetchHttp2(session, {':path': target, accept: 'text/html'});
      assert.ok([200, 308, 404].includes(status), `${target}: ${status}`);
      assert.doesNotMatch(body, /SECRET|root:|PATH=/, target);
      if (status === 200) found += 1;
    }
    assert.ok(found > 0);
  });

  it('reach every file of the folder by its own name', async () => {
    const {site} = await makeSite();
    const gateway = await serveFolders({folders: [site]});
    for (const file of readdirSync(site, {recursive: true, encoding: 'utf8'})) {
      if (!file.endsWith('a.txt') || file.startsWith('self')) continue;
      const {body} = await fetchHttp1(gateway, {path: `/${file}`});
      assert.equal(body, readFileSync(path.join(site, file), 'utf8'));
    }
  });
});
