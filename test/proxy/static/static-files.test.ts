import assert from 'node:assert/strict';
import {chmod, rename, rm, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {describe, it} from 'vitest';
import type {Gateway} from '../../../src/proxy/gateway.js';
import {
  fetchHttp1,
  fetchHttp2,
  holdRefusingPort,
  openHttp2,
  openTcp,
  readAll,
  route,
  startUpstream,
} from '../harness.js';
import {addFiles, makeFolder, serveFiles, serveFolders} from './support.js';

const PAGE = {headers: {accept: 'text/html,application/xhtml+xml,*/*;q=0.8'}};

const get = (gateway: Gateway, target: string, headers: Record<string, string> = {}) =>
  fetchHttp1(gateway, {path: target, headers});

const bodiesOf = async (gateway: Gateway, ...targets: string[]): Promise<string[]> =>
  Promise.all(targets.map(async target => (await get(gateway, target)).body));

describe('a path', () => {
  it('names a file, decoded, with spaces, umlauts and whatever else', async () => {
    const gateway = await serveFiles({
      'a b.txt': 'space',
      'ä/ö.txt': 'umlaut',
      '100%.txt': 'percent',
      'a+b.txt': 'plus',
    });
    const targets = ['/a%20b.txt', '/%C3%A4/%c3%b6.txt', '/100%25.txt', '/a+b.txt', '/a%2Bb.txt?query=/../x'];
    assert.deepEqual(await bodiesOf(gateway, ...targets), ['space', 'umlaut', 'percent', 'plus', 'plus']);
  });

  it('that is a folder is answered with its index.html, behind a slash', async () => {
    const gateway = await serveFiles({'index.html': 'root', 'docs/index.html': 'docs'});
    assert.deepEqual(await bodiesOf(gateway, '/', '/?x=1', '/docs/', '/index.html'), ['root', 'root', 'docs', 'root']);
    const {status, headers} = await get(gateway, '/docs?a=b&c=/');
    assert.deepEqual([status, headers.location], [308, '/docs/?a=b&c=/']);
  });

  it('without an extension is answered with the page of that name', async () => {
    const gateway = await serveFiles({'about.html': 'about', 'both.html': 'page', 'both/index.html': 'folder'});
    assert.deepEqual(await bodiesOf(gateway, '/about', '/about.html', '/both', '/both/'), [
      'about',
      'about',
      'page',
      'folder',
    ]);
    assert.equal((await get(gateway, '/about/?x')).headers.location, '/about?x');
  });

  it('is looked for in the later folder before the earlier', async () => {
    const folders = [await makeFolder({'a.txt': 'first', 'b.txt': 'first'}), await makeFolder({'b.txt': 'second'})];
    assert.deepEqual(await bodiesOf(await serveFolders({folders}), '/a.txt', '/b.txt'), ['first', 'second']);
  });

  it('can be below a path of their own', async () => {
    const mounts = [{folder: await makeFolder({'app.js': 'the app'}), at: '/_built/static'}];
    const gateway = await serveFolders({folders: [await makeFolder({'a.txt': 'first'})], mounts});
    assert.deepEqual(await bodiesOf(gateway, '/a.txt', '/_built/static/app.js'), ['first', 'the app']);
    assert.equal((await fetchHttp1(gateway, {path: '/app.js'})).status, 404);
  });

  it('below that of the route names a file with that part and without', async () => {
    const files = {'docs/with.txt': 'with', 'without.txt': 'without', 'index.html': 'index'};
    const gateway = await serveFiles(files, {routes: [route('app.test/docs/*')]});
    assert.deepEqual(await bodiesOf(gateway, '/docs/with.txt', '/docs/without.txt', '/docs/'), [
      'with',
      'without',
      'index',
    ]);
    assert.equal((await get(gateway, '/docs')).headers.location, '/docs/');
    assert.equal((await get(gateway, '/without.txt')).status, 421);
  });

  it('with a dot in front names nothing, but for /.well-known/', async () => {
    const files = {
      '.env': 'secret',
      '.git/config': 'secret',
      'a/.htpasswd': 'secret',
      'a/.well-known/x': 'secret',
      '.well-known/security.txt': 'contact',
      '.well-known/.hidden': 'secret',
    };
    const gateway = await serveFiles(files);
    assert.deepEqual(await bodiesOf(gateway, '/.well-known/security.txt'), ['contact']);
    for (const target of Object.keys(files).filter(file => !file.includes('security'))) {
      assert.equal((await get(gateway, `/${target}`)).status, 404, target);
    }
  });

  it.each([
    '/../outside.txt',
    '/a/../../outside.txt',
    '/%2e%2e/outside.txt',
    '/%2E%2E%2Foutside.txt',
    '/a%2f..%2f..%2foutside.txt',
    '/a/..%5coutside.txt',
    '/a%2finside.txt',
    '/a//inside.txt',
    '//a/inside.txt',
    '/./a/inside.txt',
    '/a/./inside.txt',
    '/a/inside.txt%00',
    '/a/inside.txt%00.html',
    '/a/inside.txt%0a',
    '/a/inside.txt%',
    '/a/inside.txt%zz',
    '/a/inside%2etxt%ff',
    '/%c0%ae%c0%ae/outside.txt',
    '/a/inside.txt/',
    '/a/inside.txt/index.html',
  ])('%s is no file', async target => {
    const folder = await makeFolder({'site/a/inside.txt': 'inside', 'outside.txt': 'outside'});
    const gateway = await serveFolders({folders: [path.join(folder, 'site')]});
    const {status, headers} = await get(gateway, target);
    assert.deepEqual([status, headers['cache-control'], headers.location], [404, 'no-store', undefined]);
  });

  it('never leads a browser to another host', async () => {
    const gateway = await serveFiles({'evil.example/index.html': 'x', 'index.html': 'x'});
    for (const target of ['//evil.example', '/\\evil.example', '/%2fevil.example', '///evil.example']) {
      assert.equal((await get(gateway, target)).headers.location, undefined, target);
    }
  });
});

describe('a symbolic link', () => {
  it('within the folder is followed, to files and to folders', async () => {
    const folder = await makeFolder({'v2/index.html': 'two', 'v2/deep/a.txt': 'deep'});
    await symlink('v2', path.join(folder, 'latest'));
    await symlink('v2/deep/a.txt', path.join(folder, 'b.txt'));
    const gateway = await serveFolders({folders: [folder]});
    assert.deepEqual(await bodiesOf(gateway, '/latest/', '/latest/deep/a.txt', '/b.txt'), ['two', 'deep', 'deep']);
  });

  it('out of the folder, into nothing or in a circle is not there', async () => {
    const folder = await makeFolder({'site/a.txt': 'a', 'secret.txt': 'secret', 'site-b/b.txt': 'neighbour'});
    const site = path.join(folder, 'site');
    await symlink('../secret.txt', path.join(site, 'file'));
    await symlink('..', path.join(site, 'folder'));
    await symlink('../site-b', path.join(site, 'neighbour'));
    await symlink('/etc/passwd', path.join(site, 'passwd.txt'));
    await symlink('loop', path.join(site, 'loop'));
    await symlink('nothing', path.join(site, 'dangling'));
    await symlink('.', path.join(site, 'self'));
    const gateway = await serveFolders({folders: [site]});
    for (const target of ['/file', '/folder/secret.txt', '/neighbour/b.txt', '/passwd.txt', '/loop', '/dangling']) {
      assert.equal((await get(gateway, target)).status, 404, target);
    }
    assert.deepEqual(await bodiesOf(gateway, '/self/a.txt'), ['a']);
    assert.equal((await get(gateway, '/self/self/a.txt')).status, 404);
  });

  it('that is put in the place of a file is not followed', async () => {
    const folder = await makeFolder({'site/a.txt': 'public', 'site/deep/b.txt': 'public', 'secret/b.txt': 'secret'});
    const site = path.join(folder, 'site');
    const gateway = await serveFolders({folders: [site]});
    assert.deepEqual(await bodiesOf(gateway, '/a.txt', '/deep/b.txt'), ['public', 'public']);
    await rm(path.join(site, 'a.txt'));
    await symlink('../secret/b.txt', path.join(site, 'a.txt'));
    await rename(path.join(site, 'deep'), path.join(folder, 'moved'));
    await symlink('../secret', path.join(site, 'deep'));
    for (const target of ['/a.txt', '/deep/b.txt']) {
      const {status, headers, body} = await get(gateway, target);
      assert.deepEqual([status, headers['cache-control']], [404, 'no-store']);
      assert.doesNotMatch(body, /secret/);
    }
  });
});

describe('what has no file', () => {
  const SPA = {'index.html': 'the app', 'assets/index-BdwA2x3f.js': 'script'};

  it('is 404, and never the fallback, unless a page is asked for', async () => {
    const gateway = await serveFiles(SPA, {fallback: 'index.html'});
    const page = await fetchHttp1(gateway, {...PAGE, path: '/users/7'});
    assert.deepEqual([page.status, page.body, page.headers['cache-control']], [200, 'the app', 'no-cache']);
    assert.match(String(page.headers.vary), /accept/);
    assert.equal((await fetchHttp1(gateway, {...PAGE, path: '/package/lodash@4.17.21'})).body, 'the app');
    for (const target of [
      '/assets/index-Old4ssET.js',
      '/logo.png',
      '/assets/style.css',
      '/a/../b',
      '/_next/static/x',
    ]) {
      const {status, headers, body} = await fetchHttp1(gateway, {...PAGE, path: target});
      assert.deepEqual([status, headers['cache-control']], [404, 'no-store'], target);
      assert.doesNotMatch(body, /the app/);
    }
    const script = await get(gateway, '/users/7', {accept: '*/*'});
    assert.deepEqual([script.status, script.headers['cache-control']], [404, 'no-store']);
  });

  it('is answered with 404.html where a page is asked for', async () => {
    const gateway = await serveFiles({'404.html': 'nothing here'});
    const page = await fetchHttp1(gateway, {...PAGE, path: '/nowhere'});
    assert.deepEqual([page.status, page.body, page.headers['cache-control']], [404, 'nothing here', 'no-store']);
    assert.equal(page.headers.etag, undefined);
    const data = await get(gateway, '/nowhere', {accept: 'application/json'});
    assert.equal(data.status, 404);
    assert.equal(JSON.parse(data.body).error.code, 'NOT_FOUND');
  });

  it('is passed on where an app is behind, as are other methods', async () => {
    const upstream = await startUpstream(({method, url}, response) => response.end(`app: ${method} ${url}`));
    const gateway = await serveFiles({'a.txt': 'file'}, {hasApp: true, gateway: {upstream}});
    assert.deepEqual(await bodiesOf(gateway, '/a.txt', '/b.txt', '/%zz'), ['file', 'app: GET /b.txt', 'app: GET /%zz']);
    assert.equal((await fetchHttp1(gateway, {path: '/a.txt', method: 'POST', body: 'x'})).body, 'app: POST /a.txt');
  });

  it('is not passed on where a framework keeps hashed files alone: an app would answer with its page', async () => {
    const upstream = await startUpstream((_, response) => response.end('the page'));
    const files = {'_next/static/chunks/1a2b3c4d.js': 'script', '_next/data.json': 'data'};
    const gateway = await serveFiles(files, {hasApp: true, gateway: {upstream}});
    const missing = await fetchHttp1(gateway, {...PAGE, path: '/_next/static/chunks/gone.js'});
    assert.deepEqual([missing.status, missing.headers['cache-control']], [404, 'no-store']);
    const targets = [
      '/_next/static/chunks/1a2b3c4d.js',
      '/_next/gone.json',
      '/_app/immutable/x.js',
      '/assets/index-BdwA2x3f.js',
    ];
    assert.deepEqual(await bodiesOf(gateway, ...targets), ['script', 'the page', 'the page', 'the page']);
  });

  it('is refused for other methods where no app is behind', async () => {
    const gateway = await serveFiles({'a.txt': 'file'});
    const {status, headers} = await fetchHttp1(gateway, {path: '/a.txt', method: 'POST', body: 'x'});
    assert.deepEqual([status, headers.allow, headers['cache-control']], [405, 'GET, HEAD', 'no-store']);
  });
});

describe('files of earlier releases', () => {
  const OLD = {'assets/index-BdwA2x3f.js': 'old', 'main.8f3c2a1b.css': 'old', 'old.html': 'old', 'old.txt': 'old'};

  it('are served where the current release has none of that name, if that has a hash', async () => {
    const previous = [
      await makeFolder({...OLD, 'both.8f3c2a1b.css': 'oldest'}),
      await makeFolder({'both.8f3c2a1b.css': 'old'}),
    ];
    const gateway = await serveFiles({'main.8f3c2a1b.css': 'new', '404.html': 'none'}, {previous});
    const targets = ['/assets/index-BdwA2x3f.js', '/main.8f3c2a1b.css', '/both.8f3c2a1b.css'];
    assert.deepEqual(await bodiesOf(gateway, ...targets), ['old', 'new', 'old']);
    for (const target of ['/old.html', '/old', '/old.txt']) {
      assert.equal((await get(gateway, target)).status, 404, target);
    }
    const {headers} = await get(gateway, '/assets/index-BdwA2x3f.js');
    assert.equal(headers['cache-control'], 'public, max-age=31536000, immutable');
  });
});

describe('what else the gateway does', () => {
  it('redirects plain HTTP, and leaves what is reserved for tako to it', async () => {
    const gateway = await serveFiles({'a.txt': 'file', '_tako/x.txt': 'file'});
    const socket = await openTcp(gateway.http.port);
    socket.write('GET /a.txt HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n');
    assert.match(await readAll(socket), /^HTTP\/1\.1 308 [\s\S]*location: https:\/\/app\.test/i);
    const upstream = {host: '127.0.0.1', port: holdRefusingPort()};
    const other = await serveFiles({'_tako/x.txt': 'file'}, {gateway: {upstream}});
    assert.equal((await get(other, '/_tako/x.txt')).status, 502);
  });

  it('logs files as any other request, with the route they took', async () => {
    const seen: unknown[] = [];
    const gateway = await serveFiles(
      {'a.txt': 'file'},
      {
        gateway: {
          onLog: ({status, bytesSent, outcome, context}) => seen.push([status, bytesSent, outcome, context.route?.app]),
        },
      },
    );
    await get(gateway, '/a.txt');
    await fetchHttp2(openHttp2(gateway), {':path': '/none.txt'});
    assert.deepEqual(seen[0], [200, 4, 'answered', 'app']);
    assert.deepEqual((seen[1] as unknown[])[0], 404);
  });

  it('can add its script to pages, which are then sent whole', async () => {
    const gateway = await serveFiles(
      {'index.html': '<html><head></head><body>hi</body></html>'},
      {gateway: {documentScript: () => '/_tako/client.js'}},
    );
    const headers = {
      ...PAGE.headers,
      'sec-fetch-mode': 'navigate',
      'if-modified-since': 'Wed, 01 Jan 2025 00:00:00 GMT',
    };
    const {status, body} = await get(gateway, '/', headers);
    assert.equal(status, 200);
    assert.match(body, /<script src="\/_tako\/client\.js"/);
  });

  it('answers 404 for a file that has changed or is gone since', async () => {
    const folder = await makeFolder({'a.txt': 'one', 'b.txt': 'one', 'c.txt': 'one'});
    const gateway = await serveFolders({folders: [folder]});
    await writeFile(path.join(folder, 'a.txt'), 'longer');
    await rm(path.join(folder, 'b.txt'));
    if (process.getuid?.() !== 0) await chmod(path.join(folder, 'c.txt'), 0);
    else await addFiles(folder, {'c.txt': 'other'});
    for (const target of ['/a.txt', '/b.txt', '/c.txt']) assert.equal((await get(gateway, target)).status, 404, target);
  });

  it('serves nothing for folders that are not there', async () => {
    const gateway = await serveFolders({folders: ['/nonexistent/folder']});
    assert.equal((await get(gateway, '/')).status, 404);
  });
});
