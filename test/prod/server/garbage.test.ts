import assert from 'node:assert/strict';
import {existsSync, readdirSync} from 'node:fs';
import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {describe, it} from 'vitest';
import {openReleaseStore} from '../../../src/prod/releases/release-store.js';
import {collectGarbage, startGarbageCollection} from '../../../src/prod/server/garbage.js';
import {systemClock} from '../../../src/system/clock.js';
import {openWorld, SHOP, type World} from './world.js';

const DAY_MS = 24 * 60 * 60_000;

/** Collects as a server does so many milliseconds from now. */
async function collectAfter({root, state}: World, ms: number): Promise<string[]> {
  const said: string[] = [];
  const releases = await openReleaseStore({root, clock: {...systemClock, now: () => systemClock.now() + ms}});
  await collectGarbage({root, state, releases, log: text => void said.push(text)}, new AbortController().signal);
  return said;
}

const objectsIn = ({root}: World): number =>
  readdirSync(path.join(root, 'objects'), {recursive: true, withFileTypes: true}).filter(entry => entry.isFile())
    .length;

describe('the garbage of a server', () => {
  it('is what an upload left that nobody deployed, a day later', async () => {
    const world = await openWorld();
    await world.deploy(await world.uploadServer('serving'));
    await world.uploadServer('never deployed');
    assert.equal(objectsIn(world), 2);
    await collectAfter(world, DAY_MS / 2);
    assert.equal(objectsIn(world), 2);
    assert.match((await collectAfter(world, DAY_MS * 2)).join(), /removed 1 files that no release needs/);
    assert.equal(objectsIn(world), 1);
    assert.equal(await world.ask(), 'serving');
  });

  it('is no object that an upload under way was told is there', async () => {
    const world = await openWorld();
    const hash = await world.uploadServer('asked for');
    const {files} = await world.releases.read(hash);
    const hashes = files.flatMap(file => ('sha256' in file ? [file.sha256] : []));
    const asked = await world.releases.objects.missing(hashes);
    await collectAfter(world, DAY_MS - 60_000);
    assert.deepEqual(asked, []);
    const {outcome} = await world.deploy(hash);
    assert.equal(outcome, 'succeeded');
  });

  it('is a release that the state does not know, and none that may be rolled back to', async () => {
    const world = await openWorld();
    await world.deploy(await world.uploadServer('first'));
    await world.deploy(await world.uploadServer('second'));
    const releases = path.join(world.root, 'apps/shop/production/releases');
    const left = path.join(releases, '0123456789ab');
    await mkdir(path.join(left, 'tree'), {recursive: true});
    await mkdir(path.join(releases, '.0123456789ab.1-ab.ab.tmp'));
    await mkdir(path.join(world.root, 'apps/gone/production/releases/0123456789ab/tree'), {recursive: true});
    await mkdir(path.join(world.root, 'apps/gone/production/data'), {recursive: true});
    await writeFile(path.join(left, 'prepared'), 'hash');
    const said = await collectAfter(world, DAY_MS * 2);
    assert.match(said.join('\n'), /removed releases of shop\/production left behind: 0123456789ab/);
    assert.equal(readdirSync(releases).length, 2);
    assert.deepEqual(readdirSync(path.join(world.root, 'apps/gone/production/releases')), []);
    // Nobody but its owner says what becomes of data.
    assert.ok(existsSync(path.join(world.root, 'apps/gone/production/data')));
    await world.rollback();
    assert.equal(await world.ask(), 'first');
  });

  it('is not a release that is deployed while it is collected', async () => {
    const world = await openWorld();
    const hash = await world.uploadServer('again');
    // As a deploy that was cut left it.
    await world.releases.prepare(hash);
    const collecting = collectGarbage({...world, log: () => undefined}, new AbortController().signal);
    const [{outcome}] = await Promise.all([world.deploy(hash), collecting]);
    assert.equal(outcome, 'succeeded');
    assert.equal(await world.ask(), 'again');
  });

  it('is left where it is when nobody is to collect any more', async () => {
    const {root, state, releases} = await openWorld();
    const collection = startGarbageCollection({root, state, releases, clock: systemClock, log: assert.fail});
    await collection.close();
  });

  it('is collected again after a while, whatever went wrong', async () => {
    const world = await openWorld();
    const said: string[] = [];
    let rounds = 0;
    const {promise, resolve} = Promise.withResolvers<void>();
    const clock = {
      now: systemClock.now,
      sleep: async (_ms: number, signal?: AbortSignal) => {
        rounds++;
        if (rounds > 3) resolve();
        if (rounds > 3) await new Promise((_, reject) => signal?.addEventListener('abort', reject));
      },
    };
    const releases = {...world.releases, collect: () => Promise.reject(new Error('a manifest is damaged'))};
    const collection = startGarbageCollection({...world, releases, clock, log: text => void said.push(text)});
    await promise;
    await collection.close();
    assert.deepEqual(said, Array(3).fill('not all garbage was collected: a manifest is damaged'));
  });
});

describe('an app that is deleted', () => {
  it('leaves nothing to be collected of its releases', async () => {
    const world = await openWorld();
    await world.deploy(await world.uploadServer('first'));
    await world.deployments.remove(SHOP, async () => void (await world.releases.prune(SHOP, () => new Set())));
    await collectAfter(world, DAY_MS * 2);
    assert.equal(objectsIn(world), 0);
  });
});
