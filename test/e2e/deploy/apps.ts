import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {brotliCompressSync, gzipSync} from 'node:zlib';
import {afterAll, describe, it} from 'vitest';
import type {Example} from '../../helpers/example.js';
import {openExample} from '../../helpers/example.js';
import {visit} from '../../helpers/vps/visit.js';
import {type Site, statusOf, TIMEOUT_MS} from './site.js';

const WORDS = 'words that are worth compressing\n'.repeat(100);

/** Apps that know nothing of tako. */
export function describeApps(site: () => Site): void {
  describe('an app with Express', {timeout: TIMEOUT_MS}, () => {
    it('is deployed as it is, with what it depends on', async () => {
      const {laptop, vps} = site();
      const {folder} = await openExample('express', laptop.projects);
      await laptop.tako(folder, 'deploy');
      const {status, version, headers, body} = await visit(vps, 'https://express.example.com/');
      assert.deepEqual([status, version], [200, '2']);
      assert.match(headers.get('content-type') ?? '', /^text\/html/);
      assert.match(body, /Hello from Express/);
      await laptop.tako(folder, 'delete', '--yes');
    });
  });

  describe('an app of files that Vite builds', {timeout: TIMEOUT_MS}, () => {
    let vite: Example | undefined;
    afterAll(async () => {
      if (vite) await site().laptop.tako(vite.folder, 'delete', '--yes');
    }, TIMEOUT_MS);
    const get = (target: string, ...options: string[]) =>
      visit(site().vps, `https://vite.example.com${target}`, ...options);
    const scriptOf = (page: string): string => /src="(\/assets\/[^"]+\.js)"/.exec(page)?.[1] ?? '';

    it('needs no process', async () => {
      const {laptop} = site();
      vite = await openExample('vite', laptop.projects);
      vite.write('public/words.txt', WORDS);
      writeFileSync(path.join(vite.folder, 'public/words.txt.gz'), gzipSync(WORDS));
      writeFileSync(path.join(vite.folder, 'public/words.txt.br'), brotliCompressSync(WORDS));
      await laptop.tako(vite.folder, 'deploy');
      const {state, instances} = await statusOf(site(), vite);
      assert.deepEqual([state, instances], ['static', []]);
    });

    it('has its page for every path, and revalidates it', async () => {
      const page = await get('/');
      assert.deepEqual([page.status, page.headers.get('cache-control')], [200, 'no-cache']);
      const other = await get('/some/page', '-H', 'accept: text/html');
      assert.deepEqual([other.status, other.body], [200, page.body]);
      const again = await get('/', '-H', `if-none-match: ${page.headers.get('etag')}`);
      assert.deepEqual([again.status, again.body], [304, '']);
      assert.match((await get('/robots.txt')).body, /^User-agent/);
    });

    it('keeps the name of a file as long as its content, and says so', async () => {
      const {status, headers, body} = await get(scriptOf((await get('/')).body));
      assert.deepEqual(
        [status, headers.get('cache-control'), headers.get('content-type')],
        [200, 'public, max-age=31536000, immutable', 'text/javascript; charset=utf-8'],
      );
      assert.match(body, /Hello from/);
      const part = await get(scriptOf((await get('/')).body), '-r', '0-9');
      assert.deepEqual([part.status, part.body], [206, body.slice(0, 10)]);
    });

    it.each(['--http1.1', '--http2'])(
      'sends what was compressed before to who takes it, each form with its own tag: %s',
      async version => {
        const tags = new Set<string | undefined>();
        for (const [accepted, coding] of [
          ['identity', undefined],
          ['gzip', 'gzip'],
          ['gzip, br', 'br'],
        ] as const) {
          const {status, headers, body} = await get(
            '/words.txt',
            version,
            '--compressed',
            '-H',
            `accept-encoding: ${accepted}`,
          );
          const named = ['content-encoding', 'vary', 'cache-control', 'accept-ranges'].map(name => headers.get(name));
          assert.deepEqual([status, body], [200, WORDS]);
          assert.deepEqual(named, [coding, 'accept-encoding', 'public, max-age=0, must-revalidate', 'bytes']);
          const etag = headers.get('etag');
          const again = await get(
            '/words.txt',
            version,
            '-H',
            `accept-encoding: ${accepted}`,
            '-H',
            `if-none-match: ${etag}`,
          );
          assert.deepEqual([again.status, again.body, again.headers.get('etag')], [304, '', etag]);
          tags.add(etag);
        }
        assert.equal(tags.size, 3);
      },
    );

    it.each(['--http1.1', '--http2'])('sends parts of a file while it is the one that was meant: %s', async version => {
      const {headers} = await get('/words.txt', version, '-I');
      assert.equal(headers.get('content-length'), String(WORDS.length));
      const etag = headers.get('etag') ?? '';
      const part = await get('/words.txt', version, '-r', '-6', '-H', `if-range: ${etag}`);
      const range = `bytes ${WORDS.length - 6}-${WORDS.length - 1}/${WORDS.length}`;
      assert.deepEqual([part.status, part.body, part.headers.get('content-range')], [206, WORDS.slice(-6), range]);
      assert.equal((await get('/words.txt', version, '-r', '0-5', '-H', 'if-range: "another"')).status, 200);
      const beyond = await get('/words.txt', version, '-r', '99999-');
      assert.deepEqual([beyond.status, beyond.headers.get('content-range')], [416, `bytes */${WORDS.length}`]);
    });

    it('has no page in the place of a file that is missing', async () => {
      const {status, headers, body} = await get('/assets/index-aaaaaaaa.js');
      assert.deepEqual([status, headers.get('cache-control')], [404, 'no-store']);
      assert.doesNotMatch(body, /<script/);
    });

    it('goes on giving pages that are open the files of their release', async () => {
      const {laptop} = site();
      assert.ok(vite);
      const before = scriptOf((await get('/')).body);
      const old = await get(before);
      vite.edit('src/greet.js', 'Hello from', 'Good day from');
      await laptop.tako(vite.folder, 'deploy');
      const after = scriptOf((await get('/')).body);
      assert.notEqual(after, before);
      assert.match((await get(after)).body, /Good day from/);
      assert.deepEqual(await contentOf(get(before)), [200, old.body]);
      await laptop.tako(vite.folder, 'rollback');
      assert.equal(scriptOf((await get('/')).body), before);
      assert.equal((await get(after)).status, 200, 'nor is the one that was left forgotten');
    });
  });
}

async function contentOf(visiting: ReturnType<typeof visit>): Promise<readonly [number, string]> {
  const {status, body} = await visiting;
  return [status, body];
}
