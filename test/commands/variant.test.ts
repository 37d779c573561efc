import assert from 'node:assert/strict';
import path from 'node:path';
import {describe, it} from 'vitest';
import {findApp, shareClient, shareTako} from '../helpers/shared-tako.js';
import {documentOf, errorOf, start, temporaryFolder} from './support.js';
import {appFiles, projectOf, WORKSPACE_ROOT} from './workspace-support.js';

// Several checkouts of one app.

const tako = shareTako();
const client = shareClient(tako);

const bodyOf = async (host: string, target = '/'): Promise<string> => (await client.get(host, target)).body;

/** Without what this machine's user has configured. */
const GIT_ENVIRONMENT = {
  ...process.env,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'nobody',
  GIT_AUTHOR_EMAIL: 'nobody@localhost',
  GIT_COMMITTER_NAME: 'nobody',
  GIT_COMMITTER_EMAIL: 'nobody@localhost',
};

async function git(cwd: string, ...args: readonly string[]): Promise<void> {
  const {code, stderr} = await start(['git', ...args], {cwd, env: GIT_ENVIRONMENT}).ended;
  assert.equal(code, 0, stderr);
}

/** Commits all that is there and checks out a branch beside it. */
async function addWorktree(directory: string, branch: string): Promise<string> {
  const worktree = path.join(temporaryFolder(), 'checkout');
  await git(directory, 'init', '--quiet', '--initial-branch', 'main');
  await git(directory, 'add', '.');
  await git(directory, 'commit', '--quiet', '--message', 'first');
  await git(directory, 'worktree', 'add', '--quiet', '-b', branch, worktree);
  return worktree;
}

describe('--variant', () => {
  it('serves another checkout beside the first, below a label, with its own data folder', async () => {
    const [first, second] = [projectOf(appFiles('shop')), projectOf(appFiles('shop'))];
    const main = tako.dev(first.directory);
    const {pid} = await main.ready();
    const other = tako.dev(second.directory, '--variant', 'redesign');
    const {name, url} = await other.ready();
    assert.equal(name, 'redesign.shop');
    assert.match(url, /^https:\/\/redesign\.shop\.test:/);
    assert.equal(await bodyOf('redesign.shop.test'), `shop in ${second.directory}`);
    assert.equal(await bodyOf('redesign.shop.localhost'), `shop in ${second.directory}`);
    assert.equal(await bodyOf('shop.test'), `shop in ${first.directory}`);
    assert.equal(await bodyOf('redesign.shop.test', '/data'), path.join(second.directory, '.tako/data/app'));
    assert.equal(await bodyOf('shop.test', '/data'), path.join(first.directory, '.tako/data/app'));
    await other.end('SIGTERM');
    const {apps} = await tako.status();
    assert.deepEqual(
      apps.filter(app => app.name.includes('shop')).map(app => [app.name, app.pid]),
      [['shop', pid]],
    );
    await main.end('SIGTERM');
  });

  it('puts its label below every route of the app', async () => {
    const toml = '[envs.development]\nroutes = ["acme.test/store/*", "*.acme.test"]\n';
    const {directory} = projectOf(appFiles('store', '', toml));
    const dev = tako.dev(directory, '--variant', 'next');
    const {urls} = await dev.ready();
    const hosts = urls.map(url => url.replace(/:\d+/, '').replace('https:', ''));
    assert.deepEqual(hosts.slice(0, 2), ['//next.acme.test/store/', '//*.next.acme.test']);
    await dev.end('SIGTERM');
  });

  it('is what every command calls the app by', async () => {
    const {directory} = projectOf(appFiles('named'));
    const [app] = documentOf(await tako.run(['ensure', '--variant', 'beta', '--json'], {cwd: directory}))
      .apps as readonly {readonly name: string; readonly pid: number}[];
    assert.equal(app?.name, 'beta.named');
    assert.match((await tako.run(['dev', 'list'])).stdout, /^beta\.named +ready +https:\/\/beta\.named\.test/m);
    assert.match((await tako.run(['logs', 'beta.named'])).stdout, / listens as named\n/);
    assert.match((await tako.run(['logs'], {cwd: directory})).stdout, / listens as named\n/);
    assert.match((await tako.run(['restart', 'beta.named'])).stderr, /^beta\.named is ready: pid \d+, https:/);
    assert.equal((await tako.run(['ensure', 'beta.named'])).code, 0);
    assert.equal((await tako.run(['stop'], {cwd: directory})).stderr, 'beta.named stopped\n');
  });

  it('and the app without it are two of one folder, of which commands there mean the one without', async () => {
    const {directory} = projectOf(appFiles('pair'));
    for (const flags of [['--variant', 'beta'], []]) {
      const dev = tako.dev(directory, ...flags);
      await dev.ready();
      await dev.end('SIGHUP');
    }
    assert.equal((await tako.run(['stop'], {cwd: directory})).stderr, 'pair stopped\n');
    assert.equal((await tako.run(['stop'], {cwd: directory})).stderr, 'beta.pair stopped\n');
  });

  it('must be one label of a host name', async () => {
    const {directory} = projectOf(appFiles('wrong'));
    for (const label of ['Two', 'a.b', '-a', '']) {
      const result = await tako.run(['dev', '--json', '--variant', label], {cwd: directory});
      assert.deepEqual([result.code, errorOf(result).code], [1, 'VARIANT_INVALID']);
    }
  });
});

describe('a linked git worktree', () => {
  it('is served below its branch, and leaves the app of the main checkout alone', async () => {
    const {directory} = projectOf(appFiles('site'));
    const worktree = await addWorktree(directory, 'feature/Login-2');
    const main = tako.dev(directory);
    const {pid} = await main.ready();
    const linked = tako.dev(worktree);
    const {name} = await linked.ready();
    assert.equal(name, 'feature-login-2.site');
    assert.equal(await bodyOf('feature-login-2.site.test'), `site in ${worktree}`);
    assert.equal(await bodyOf('feature-login-2.site.test', '/data'), path.join(worktree, '.tako/data/app'));
    assert.equal(await bodyOf('site.test', '/data'), path.join(directory, '.tako/data/app'));
    await linked.end('SIGTERM');
    assert.equal(await bodyOf('site.test'), `site in ${directory}`);
    assert.equal((await findApp(tako, 'site'))?.pid, pid);
    await main.end('SIGTERM');
  });

  it('has the label that is given instead', async () => {
    const {directory} = projectOf(appFiles('blog'));
    const worktree = await addWorktree(directory, 'topic');
    const dev = tako.dev(worktree, '--variant', 'demo');
    assert.equal((await dev.ready()).name, 'demo.blog');
    await dev.end('SIGTERM');
  });

  it('of a workspace has its own apps, which find each other and not those of the main checkout', async () => {
    const {directory} = projectOf({
      ...WORKSPACE_ROOT,
      ...appFiles('api', 'apps/api'),
      ...appFiles('web', 'apps/web', 'depends_on = ["api"]\n'),
    });
    const worktree = await addWorktree(directory, 'topic');
    const ensured = await Promise.all(
      [directory, worktree].map(cwd => tako.run(['ensure', 'web', 'api', '--json'], {cwd})),
    );
    const names = ensured.map(result => (documentOf(result).apps as readonly {name: string}[]).map(({name}) => name));
    assert.deepEqual(names, [
      ['web', 'api'],
      ['topic.web', 'topic.api'],
    ]);
    assert.equal(await bodyOf('topic.web.test', '/api'), `web asked: api in ${path.join(worktree, 'apps/api')}`);
    assert.equal(await bodyOf('web.test', '/api'), `web asked: api in ${path.join(directory, 'apps/api')}`);
    await Promise.all(names.flat().map(name => tako.run(['stop', name])));
  });
});
