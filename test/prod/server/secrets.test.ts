import assert from 'node:assert/strict';
import {readdirSync, readFileSync, statSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'vitest';
import {renewAlone} from '../../../src/prod/server/renew-secrets.js';
import {digestSecrets} from '../../../src/secrets/given-secrets.js';
import {errorCode} from '../../../src/system/error.js';
import {KEY, openWorld, SHOP, type World} from './world.js';

const hasCode = (code: string) => (error: unknown) => errorCode(error) === code;

/** Answers with what it was given: by file descriptor 3, and as a variable. Does not come up with the value `broken`. */
const TELLER = `import {createServer} from 'node:http';
import {readFileSync} from 'node:fs';
const {secrets} = JSON.parse(readFileSync(3, 'utf8'));
if (Object.values({...process.env, ...secrets}).includes('broken')) process.exit(1);
console.log('starting with ' + process.env.API_KEY);
createServer((_, response) => response.end(process.pid + ' ' + secrets.API_KEY + ' ' + process.env.API_KEY))
  .listen(process.env.PORT, '127.0.0.1');
`;

const store = (world: World, value: string, delivery = 'both'): string =>
  world.vault.store(SHOP, {delivery, values: {API_KEY: value}});
const renew = (world: World, digest: string | null): Promise<void> =>
  renewAlone(world.deployments.find(SHOP), world.vault.open(SHOP, digest), world.deployments);

async function askBoth(world: World): Promise<{readonly pid: string; readonly given: string; readonly set: string}> {
  const [pid = '', given = '', set = ''] = (await world.ask()).split(' ');
  return {pid, given, set};
}

describe('the secrets of a deployment', () => {
  it.each([
    ['both', 'first-value', 'first-value'],
    ['bootstrap', 'first-value', 'undefined'],
    ['environment', 'undefined', 'first-value'],
  ])('reach its processes by %s', async (delivery, given, set) => {
    const world = await openWorld();
    const digest = store(world, 'first-value', delivery);
    const {outcome} = await world.deploy(await world.upload(TELLER), true, digest);
    assert.equal(outcome, 'succeeded');
    const answer = await askBoth(world);
    assert.deepEqual([answer.given, answer.set], [given, set]);
  });

  it('are used from the switch on, and not where the deploy fails', async () => {
    const world = await openWorld();
    await world.deploy(await world.upload(TELLER), true, store(world, 'first-value'));
    const failed = await world.deploy(await world.upload(`${TELLER}//`), true, store(world, 'broken'));
    assert.equal(failed.outcome, 'failed');
    assert.deepEqual(world.vault.current(SHOP)?.values, {API_KEY: 'first-value'});
    assert.equal((await askBoth(world)).given, 'first-value');
  });

  it('stay as they are in a deploy that says nothing of them, and in a rollback', async () => {
    const world = await openWorld();
    await world.deploy(await world.upload(TELLER), true, store(world, 'first-value'));
    await world.deploy(await world.upload(`${TELLER}//`), true, store(world, 'second-value'));
    await world.rollback();
    assert.equal((await askBoth(world)).given, 'second-value', 'what was rotated is not rotated back');
  });

  it('that changed have fresh processes of the same release, one after the other', async () => {
    const world = await openWorld();
    await world.deploy(await world.upload(TELLER), true, store(world, 'first-value'));
    const before = await askBoth(world);
    await renew(world, store(world, 'second-value'));
    const after = await askBoth(world);
    assert.equal(after.given, 'second-value');
    assert.notEqual(after.pid, before.pid);
    await renew(world, store(world, 'second-value'));
    assert.equal((await askBoth(world)).pid, after.pid, 'those that did not change have none');
    await renew(world, null);
    assert.equal((await askBoth(world)).given, 'undefined');
  });

  it('that changed are taken up by a deploy of the release that serves', async () => {
    const world = await openWorld();
    const release = await world.upload(TELLER);
    await world.deploy(release, true, store(world, 'first-value'));
    const {outcome} = await world.deploy(release, true, store(world, 'second-value'));
    assert.equal(outcome, 'succeeded');
    assert.equal((await askBoth(world)).given, 'second-value');
  });

  it('with which no process becomes ready change nothing', async () => {
    const world = await openWorld();
    await world.deploy(await world.upload(TELLER), true, store(world, 'first-value'));
    await assert.rejects(renew(world, store(world, 'broken')), hasCode('SECRETS_NOT_APPLIED'));
    assert.equal((await askBoth(world)).given, 'first-value');
    assert.deepEqual(world.vault.current(SHOP)?.values, {API_KEY: 'first-value'});
  });

  it('that are not there keep a deploy from beginning', async () => {
    const world = await openWorld();
    const release = await world.upload(TELLER);
    await assert.rejects(world.deploys.deploy(release, 'me', true, '0'.repeat(64)), hasCode('SECRETS_NOT_STORED'));
  });

  it('are there for the next server process, and for nobody without the key', async () => {
    const world = await openWorld();
    await world.deploy(await world.upload(TELLER), true, store(world, 'first-value'));
    await world.close();
    const next = await openWorld(world.root);
    await next.deployments.restore(() => []);
    assert.equal((await askBoth(next)).given, 'first-value');
  });
});

describe('secrets on the disk of a server', () => {
  it('are nowhere in the open', async () => {
    const world = await openWorld();
    await world.deploy(await world.upload(TELLER), true, store(world, 'canary-value-0123'));
    await renew(world, store(world, 'canary-value-4567'));
    const files = readdirSync(world.root, {recursive: true, encoding: 'utf8'}).map(file => path.join(world.root, file));
    const read = files
      .filter(file => statSync(file).isFile())
      .filter(file => readFileSync(file).includes('canary-value'));
    assert.deepEqual(read, []);
    assert.equal(statSync(path.join(world.root, 'state', 'secrets.key')).mode & 0o777, 0o600);
  });

  it('cannot be moved to another deployment', async () => {
    const world = await openWorld();
    const digest = store(world, 'first-value');
    const rival = {app: 'rival', environment: 'production'};
    const sealed = world.state.secrets.find(SHOP, digest);
    assert.ok(sealed);
    world.state.secrets.add(rival, sealed);
    assert.throws(() => world.vault.open(rival, digest), hasCode('SECRETS_UNREADABLE'));
  });

  it('are deleted with the deployment', async () => {
    const world = await openWorld();
    await world.deploy(await world.upload(TELLER), true, store(world, 'first-value'));
    await world.deployments.remove(SHOP, async () => undefined);
    assert.equal(world.state.secrets.current(SHOP), undefined);
  });
});

describe('what a client is told of secrets', () => {
  it('is enough to know whether it has others, and no value', async () => {
    const world = await openWorld();
    await world.deploy(await world.upload(TELLER), true, store(world, 'first-value'));
    const {digest, salt, names} = world.vault.describe(SHOP);
    assert.deepEqual(names, ['API_KEY']);
    assert.equal(digestSecrets({delivery: 'both', values: {API_KEY: 'first-value'}}, salt), digest);
    assert.notEqual(digestSecrets({delivery: 'both', values: {API_KEY: 'other-value'}}, salt), digest);
    assert.notEqual(digestSecrets({delivery: 'bootstrap', values: {API_KEY: 'first-value'}}, salt), digest);
    assert.ok(!JSON.stringify(world.vault.describe(SHOP)).includes('first-value'));
  });

  it.each([
    ['no delivery', {values: {A: '1'}}],
    ['another name', {delivery: 'both', values: {'../a': '1'}}],
    ['a number', {delivery: 'both', values: {A: 1}}],
    ['a NUL', {delivery: 'both', values: {A: 'a\0'}}],
    ['nothing', undefined],
  ])('is that %s is not taken', async (_, input) => {
    const world = await openWorld();
    assert.throws(() => world.vault.store(SHOP, input), hasCode('SECRET_VALUE_INVALID'));
  });

  it('is masked in what its processes say', async () => {
    const world = await openWorld();
    await world.deploy(await world.upload(TELLER), true, store(world, 'first-value'));
    assert.equal(world.vault.maskOf(KEY).mask('starting with first-value'), 'starting with ***API_KEY***');
  });
});
