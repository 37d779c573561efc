import assert from 'node:assert/strict';
import {existsSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'vitest';
import {errorCode} from '../../../src/system/error.js';
import {BROKEN, KEY, openWorld, SHOP} from './world.js';

const hasCode = (code: string) => (error: unknown) => errorCode(error) === code;
const SETTINGS = {scale: null, keepReleases: 10, assetsWindowMs: 0};

describe('a deploy', () => {
  it('makes a deployment of its first release, and follows it by the next', async () => {
    const world = await openWorld();
    const first = await world.deploy(await world.uploadServer('first'));
    assert.equal(first.outcome, 'succeeded');
    assert.equal(await world.ask(), 'first');
    assert.deepEqual(
      world.published.at(-1)?.map(({host, app}) => [host, app]),
      [['shop.example.com', KEY]],
    );
    await world.deploy(await world.uploadServer('second'));
    assert.equal(await world.ask(), 'second');
    assert.deepEqual(
      world.state.releases.list(SHOP).map(({state}) => state),
      ['current', 'superseded'],
    );
  });

  it('that fails leaves the release before, its routes and its scale as they were', async () => {
    const world = await openWorld();
    await world.deploy(await world.uploadServer('first'));
    const other = {routes: ['other.example.com'], settings: {...SETTINGS, scale: 3}};
    const failed = await world.deploy(await world.upload(BROKEN, other));
    assert.ok(failed.outcome === 'failed' && failed.step === 'start', JSON.stringify(failed));
    assert.equal(await world.ask(), 'first');
    assert.equal(world.published.at(-1)?.[0]?.host, 'shop.example.com');
    assert.equal(world.deployments.find(SHOP).settings.scale, 1);
    assert.deepEqual(
      world.state.releases.list(SHOP).map(({state}) => state),
      ['failed', 'current'],
    );
    assert.equal((await world.releases.list(SHOP)).length, 1, 'its files are gone');
  });

  it('takes its routes with it, and not those of another', async () => {
    const world = await openWorld();
    await world.deploy(await world.uploadServer('shop'));
    const rival = await world.uploadServer('rival', {app: 'rival'});
    await assert.rejects(world.deploys.deploy(rival, 'you', true), hasCode('ROUTE_CONFLICT'));
    assert.throws(
      () => world.deployments.find({app: 'rival', environment: 'production'}),
      hasCode('NO_SUCH_DEPLOYMENT'),
    );
  });

  it('says to the gateway whose word counts, and whether it may be plain HTTP', async () => {
    const world = await openWorld();
    await world.deploy(await world.uploadServer('first', {ssl: 'off', sourceIp: 'cloudflare-proxy'}));
    const [first] = world.published.at(-1) ?? [];
    assert.deepEqual([first?.takesPlainHttp, first?.behind?.isRequired], [true, true]);
    assert.deepEqual(
      ['104.16.0.1', '127.0.0.1'].map(address => first?.behind?.trusted.has(address)),
      [true, false],
    );
    await world.deploy(await world.uploadServer('second'));
    const [second] = world.published.at(-1) ?? [];
    assert.deepEqual([second?.takesPlainHttp, second?.behind], [false, undefined]);
  });

  it('that wants a proxy in front is refused where none is known', async () => {
    const world = await openWorld();
    const hash = await world.uploadServer('first', {sourceIp: 'trusted-proxy'});
    await assert.rejects(world.deploys.deploy(hash, 'you', true), hasCode('NO_TRUSTED_PROXIES'));
    assert.deepEqual(world.deployments.list(), []);
  });

  it('keeps as many running as the release says, over the ones to come', async () => {
    const world = await openWorld();
    await world.deploy(await world.uploadServer('first', {settings: {...SETTINGS, scale: 2}}));
    assert.equal(world.deployments.find(SHOP).status().instances.length, 2);
    await world.deploy(await world.uploadServer('second'));
    assert.equal(world.deployments.find(SHOP).status().instances.length, 2);
    assert.equal(world.state.deployments.find(SHOP)?.scale, 2);
  });

  it('runs the release command where it is told to', async () => {
    const world = await openWorld();
    await world.deploy(await world.uploadServer('first', {releaseCommand: 'migrate'}));
    await world.deploy(await world.uploadServer('second', {releaseCommand: 'migrate again'}), false);
    assert.deepEqual(world.commands, ['migrate']);
  });

  it('asked for once more while it is under way is the same job', async () => {
    const world = await openWorld();
    const hash = await world.uploadServer('first');
    const [one, other] = await Promise.all([
      world.deploys.deploy(hash, 'me', true),
      world.deploys.deploy(hash, 'me', true),
    ]);
    assert.equal(other.id, one.id);
    await world.jobs.follow(one.id, 0, () => undefined, new AbortController().signal);
  });

  it('of the release that serves leaves its processes, and what was done once is not done again', async () => {
    const world = await openWorld();
    const hash = await world.uploadServer('first', {releaseCommand: 'migrate', settings: {...SETTINGS, scale: 2}});
    await world.deploy(hash);
    const {instances} = world.deployments.find(SHOP).status();
    const {outcome, events} = await world.deploy(hash);
    assert.equal(outcome, 'succeeded');
    assert.ok(events.some(event => event.type === 'output' && event.text === 'it serves already'));
    assert.equal(instances.length, 2);
    assert.deepEqual(world.deployments.find(SHOP).status().instances, instances);
    world.deployments.configure(world.deployments.find(SHOP), {scale: 1});
    await world.deployments.find(SHOP).settle();
    await world.deploy(hash);
    const [first, second] = world.deployments.find(SHOP).status().instances;
    assert.deepEqual(first, instances[0]);
    assert.notEqual(second?.pid, instances[1]?.pid);
    assert.deepEqual(world.commands, ['migrate']);
    assert.deepEqual(
      world.state.releases.list(SHOP).map(({state}) => state),
      ['current'],
    );
  });

  it('removes what is beyond the releases to keep, from the disk as well', async () => {
    const world = await openWorld();
    for (const text of ['first', 'second', 'third']) {
      await world.deploy(await world.uploadServer(text, {settings: {...SETTINGS, keepReleases: 2}}));
    }
    const kept = world.state.releases.list(SHOP).map(({id}) => id);
    assert.equal(kept.length, 2);
    assert.deepEqual(await world.releases.list(SHOP), kept.toSorted());
    assert.ok(existsSync(path.join(world.root, 'apps/shop/production/releases', kept[0] ?? '')));
  });
});

describe('a rollback', () => {
  it('goes to the release before, and two of them two back', async () => {
    const world = await openWorld();
    for (const text of ['first', 'second', 'third']) await world.deploy(await world.uploadServer(text));
    assert.equal((await world.rollback()).outcome, 'succeeded');
    assert.equal(await world.ask(), 'second');
    await world.rollback();
    assert.equal(await world.ask(), 'first');
    await assert.rejects(world.rollback(), hasCode('NOTHING_TO_ROLL_BACK'));
  });

  it('goes to a release that is named, and to none that never served', async () => {
    const world = await openWorld();
    await world.deploy(await world.uploadServer('first'));
    await world.deploy(await world.upload(BROKEN));
    await world.deploy(await world.uploadServer('second'));
    const [, broken, first] = world.state.releases.list(SHOP);
    await assert.rejects(world.rollback(broken?.id), hasCode('RELEASE_NEVER_SERVED'));
    await assert.rejects(world.rollback('0123456789ab'), hasCode('NO_SUCH_RELEASE'));
    await world.rollback(first?.id);
    assert.equal(await world.ask(), 'first');
  });
});

describe('a server that comes back', () => {
  it('has the same release, routes and scale, and starts what is asked for', async () => {
    const world = await openWorld();
    await world.deploy(await world.uploadServer('first', {settings: {...SETTINGS, scale: 2}}));
    await world.close();
    const again = await openWorld(world.root);
    await again.deployments.restore(() => []);
    assert.equal(again.published.at(-1)?.[0]?.host, 'shop.example.com');
    assert.equal(again.deployments.find(SHOP).settings.scale, 2);
    assert.equal(await again.ask(), 'first');
  });

  it('gives up a deploy that had not switched, and says so', async () => {
    const world = await openWorld();
    await world.deploy(await world.uploadServer('first'));
    const hash = await world.uploadServer('never', {
      process: null,
      assets: {folders: ['.'], mounts: [], fallback: null},
      releaseCommand: 'hang',
    });
    const id = hash.slice(0, 12);
    world.state.releases.add(SHOP, {id, manifestHash: hash, deployedAt: 1, by: 'me', commit: null});
    const request = {kind: 'deploy', deployment: SHOP, release: id, by: 'me', manifestHash: hash} as const;
    const job = world.state.jobs.start({...request, startedAt: 1, owner: 'a process that was killed'});
    await world.releases.prepare(hash);
    await world.close();
    const again = await openWorld(world.root);
    await again.deploys.recover();
    await again.deployments.restore(() => []);
    const {result} = again.state.jobs.find(job.id) ?? {};
    assert.ok(result?.outcome === 'failed' && result.problem.code === 'DEPLOY_INTERRUPTED');
    assert.equal(again.state.releases.find(SHOP, id)?.state, 'failed');
    assert.equal(existsSync(path.join(world.root, 'apps/shop/production/releases', id)), false, 'its files are gone');
    assert.equal(await again.ask(), 'first');
    assert.equal((await again.deploy(await again.uploadServer('second'))).outcome, 'succeeded');
  });
});

describe('a deployment', () => {
  it('that is stopped answers nobody, also after the server came back, until it is started', async () => {
    const world = await openWorld();
    await world.deploy(await world.uploadServer('first'));
    const deployment = world.deployments.find(SHOP);
    world.deployments.configure(deployment, {isStopped: true});
    await deployment.settle();
    assert.equal(deployment.status().state, 'stopped');
    assert.deepEqual(deployment.status().instances, []);
    await assert.rejects(world.ask(), hasCode('DEPLOYMENT_STOPPED'));
    await world.close();
    const again = await openWorld(world.root);
    await again.deployments.restore(() => []);
    await assert.rejects(again.ask(), hasCode('DEPLOYMENT_STOPPED'));
  });

  it('on demand has one at most, and is woken by a request', async () => {
    const world = await openWorld();
    await world.deploy(await world.uploadServer('first', {settings: {...SETTINGS, scale: 3}}));
    const deployment = world.deployments.find(SHOP);
    deployment.settings = {...deployment.settings, scale: 0};
    await deployment.settle();
    assert.equal(deployment.status().instances.length, 1);
    const [{number = 0} = {}] = deployment.status().instances;
    await world.supervisor.stop(`${KEY}@${deployment.release?.id}#${number}`);
    assert.equal(world.deployments.findUpstream(KEY), undefined);
    assert.equal(deployment.status().state, 'on-demand');
    assert.equal(await world.ask(), 'first');
  });

  it('tells a stranger no more than that it could not be started, and its log the rest', async () => {
    const world = await openWorld();
    await world.deploy(await world.uploadServer('first', {variables: {SECRET: 'hunter2'}}));
    const deployment = world.deployments.find(SHOP);
    const {release} = deployment;
    await deployment.set?.shrink(0);
    const {rmSync} = await import('node:fs');
    rmSync(path.join(release?.tree ?? '', 'server.mjs'));
    await assert.rejects(world.ask(), error => {
      assert.ok(error instanceof Error);
      assert.equal(error.message, 'the app could not be started');
      return hasCode('APP_NOT_STARTED')(error);
    });
    assert.match(world.said.at(-1) ?? '', /exited with code 1/);
    assert.equal(deployment.status().state, 'failing');
  });

  it('that is deleted is gone, with its routes and processes', async () => {
    const world = await openWorld();
    await world.deploy(await world.uploadServer('first'));
    const pid = world.deployments.find(SHOP).status().instances[0]?.pid ?? 0;
    await world.deployments.remove(SHOP, async () => {
      assert.deepEqual(world.published.at(-1), []);
      assert.throws(() => process.kill(pid, 0), hasCode('ESRCH'));
    });
    assert.equal(world.state.deployments.find(SHOP), undefined);
  });

  it('that could not be deleted whole is stopped, and can be deleted again', async () => {
    const world = await openWorld();
    await world.deploy(await world.uploadServer('first'));
    await assert.rejects(
      world.deployments.remove(SHOP, () => Promise.reject(new Error('no such luck'))),
      /no such luck/,
    );
    assert.equal(world.deployments.find(SHOP).status().state, 'stopped');
    assert.equal(world.state.deployments.find(SHOP)?.isStopped, true);
    await world.deployments.remove(SHOP, async () => undefined);
    assert.equal(world.state.deployments.find(SHOP), undefined);
  });

  it('cannot be deployed while it is being deleted', async () => {
    const world = await openWorld();
    const hash = await world.uploadServer('first');
    await world.deploy(hash);
    await world.deployments.remove(SHOP, () => assert.rejects(world.deploy(hash), hasCode('DEPLOY_UNDER_WAY')));
  });
});
