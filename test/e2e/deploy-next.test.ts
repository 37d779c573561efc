import assert from 'node:assert/strict';
import {cpSync, mkdirSync, realpathSync, symlinkSync} from 'node:fs';
import path from 'node:path';
import {beforeAll, describe, it} from 'vitest';
import {openProject} from '../frameworks/project.js';
import {ROWS} from '../frameworks/rows.js';
import {type Example, exampleAt} from '../helpers/example.js';
import {requires} from '../helpers/system-parts.js';
import {type Visit, visit} from '../helpers/vps/visit.js';
import {addTako} from '../sdk/adapter-app.js';
import {DEPLOY_PARTS, releasesOf, type Site, shareSite, TIMEOUT_MS} from './deploy/site.js';

// A Next app as its own generator makes it, on a server: by `next start` with the packages it needs, as the one folder that
// `output: "standalone"` builds, and by the entry that the adapter puts into that.

const PAGE = 'app/page.tsx';
const TEXT = 'Hello world!';
/** What runs in the browser, and so is in a file with a hash in its name. */
const GREETING = 'app/greeting.tsx';

/** The app in a folder of its own, with a line more in tako.toml for all there is to say. */
async function openNext({laptop}: Site, name: string): Promise<Example> {
  const row = ROWS.find(({id}) => id === 'next-16');
  assert.ok(row);
  const {directory} = await openProject(row);
  const folder = path.join(laptop.projects, name);
  const isSource = (file: string) => !/\/(?:node_modules|\.next|\.tako)$/.test(file);
  cpSync(directory, folder, {recursive: true, filter: isSource});
  symlinkSync(path.join(directory, 'node_modules'), path.join(folder, 'node_modules'));
  const app = exampleAt(folder);
  app.write('tako.toml', `name = "${name}"\n[envs.production]\nroute = "${name}.example.com"\nssl = "internal"\n`);
  app.write(GREETING, '"use client";\nexport const Greeting = () => <b onClick={() => alert("hello")}>there</b>;\n');
  app.edit(PAGE, 'export default', 'import {Greeting} from "./greeting";\nexport default');
  app.edit(PAGE, TEXT, `${TEXT} <Greeting />`);
  mkdirSync(path.join(folder, 'public'));
  app.write('public/robots.txt', 'User-agent: *\n');
  return app;
}

const NAMES: Readonly<Record<string, 'plain' | 'adapter'>> = {'as it is made': 'plain', 'with the adapter': 'adapter'};

/** As its user would: the package installed, and its function around the settings. */
function useAdapter(app: Example): void {
  app.edit('package.json', '"dependencies": {', '"dependencies": {\n    "tako.sh": "*",');
  addTako(path.dirname(realpathSync(path.join(app.folder, 'node_modules'))));
  app.edit('next.config.ts', 'export default nextConfig', 'export default withTako(nextConfig)');
  app.edit('next.config.ts', 'import type', 'import {withTako} from "tako.sh/next";\nimport type');
}

/** Answers what it said. Without a limit of its own: a build takes minutes where the machine is busy. */
async function deploy({laptop}: Site, {folder}: Example): Promise<string> {
  const {exitCode, stdout, stderr} = await laptop.start(folder, 'deploy', '--yes').ended;
  assert.equal(exitCode, 0, `${stdout}\n${stderr}`);
  return stderr;
}

/** The scripts and styles of a page, which have a hash in their names. */
const assetsOf = ({body}: Visit): readonly string[] =>
  [...new Set(Array.from(body.matchAll(/"(\/_next\/static\/[^"\\]+\.(?:js|css))/g), ([, url = '']) => url))].sort();

describe.skipIf(requires(...DEPLOY_PARTS))('a Next app', {timeout: TIMEOUT_MS}, () => {
  const site = shareSite('one');
  beforeAll(async () => {
    const {laptop} = site();
    await laptop.tako(laptop.projects, 'servers', 'add', 'root@one', '--yes');
  }, TIMEOUT_MS);

  describe.each([
    ['as it is made', (_: Example) => undefined],
    [
      'that builds one folder with all it needs',
      (app: Example) =>
        app.edit('next.config.ts', 'cacheComponents: true,', 'output: "standalone",\n  cacheComponents: true,'),
    ],
    ['with the adapter', useAdapter],
  ])('%s', (title, prepare) => {
    const name = NAMES[title] ?? 'standalone';
    const get = (target: string, ...options: string[]) =>
      visit(site().vps, `https://${name}.example.com${target}`, ...options);
    let app: Example;
    const program = {plain: undefined, standalone: 'server', adapter: 'tako-entry'}[name];
    let first: Visit;
    let second: Visit;

    it('is built, sent and served', async () => {
      app = await openNext(site(), name);
      prepare(app);
      const said = await deploy(site(), app);
      assert.equal(/start +node \.next\/standalone\/([\w-]+)\.m?js/.exec(said)?.[1], program, said);
      first = await get('/');
      assert.deepEqual([first.status, first.version], [200, '2']);
      assert.match(first.body, new RegExp(TEXT));
      assert.match((await get('/robots.txt')).body, /^User-agent/);
      assert.equal((await get('/no/such/page')).status, 404);
    });

    it('has its hashed files from the server itself, to be kept for good', async () => {
      const assets = assetsOf(first);
      assert.ok(assets.length > 2, assets.join());
      for (const asset of assets) {
        const {status, headers} = await get(asset);
        assert.deepEqual([status, headers.get('cache-control')], [200, 'public, max-age=31536000, immutable'], asset);
        assert.ok(headers.has('etag'), asset);
      }
    });

    it('answers for a hashed file that is missing with 404, and nobody keeps that', async () => {
      const {status, headers, body} = await get('/_next/static/chunks/0123456789abcdef.js', '-H', 'accept: text/html');
      assert.equal(status, 404);
      assert.match(headers.get('cache-control') ?? '', /no-store/);
      assert.doesNotMatch(body, new RegExp(TEXT));
    });

    it('goes on giving open pages the files of the release before', async () => {
      app.edit(PAGE, TEXT, 'Good day world!');
      app.edit(GREETING, 'hello', 'good day');
      await deploy(site(), app);
      second = await get('/');
      assert.match(second.body, /Good day world!/);
      const gone = assetsOf(first).filter(asset => !assetsOf(second).includes(asset));
      assert.ok(gone.length > 0, 'the second build has other files');
      for (const asset of gone) assert.equal((await get(asset)).status, 200, asset);
    });

    it('goes back to the release before, and forgets nothing of the one it left', async () => {
      await site().laptop.tako(app.folder, 'rollback');
      assert.match((await get('/')).body, new RegExp(TEXT));
      for (const asset of new Set([...assetsOf(first), ...assetsOf(second)])) {
        assert.equal((await get(asset)).status, 200, asset);
      }
      assert.equal((await releasesOf(site(), app)).length, 2);
      await site().laptop.tako(app.folder, 'delete', '--yes');
    });
  });
});
