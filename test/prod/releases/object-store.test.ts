import assert from 'node:assert/strict';
import {existsSync, linkSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {chmod} from 'node:fs/promises';
import path from 'node:path';
import {describe, it} from 'vitest';
import {type DiskSpace, RESERVED_BYTES} from '../../../src/prod/releases/disk-space.js';
import {COLLECT_AFTER_MS, type ObjectStore, openObjectStore} from '../../../src/prod/releases/object-store.js';
import {sha256Of} from '../../../src/prod/releases/sha256.js';
import {systemClock} from '../../../src/system/clock.js';
import {chunksOf, laterClock, PLENTY, temporaryFolder} from './support.js';

async function open({clock = systemClock, space = PLENTY}: {clock?: typeof systemClock; space?: DiskSpace} = {}) {
  const folder = path.join(temporaryFolder(), 'objects');
  return {folder, objects: await openObjectStore({folder, clock, measure: async () => space})};
}

async function put(objects: ObjectStore, content: string, isExecutable = false): Promise<string> {
  const sha256 = sha256Of(content);
  await objects.put(chunksOf(content, 1_000), sha256, Buffer.byteLength(content), isExecutable);
  return sha256;
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, {recursive: true, withFileTypes: true})
    .filter(entry => entry.isFile())
    .map(({name}) => name)
    .sort();

const fileOf = (folder: string, sha256: string, suffix = ''): string =>
  path.join(folder, sha256.slice(0, 2), sha256 + suffix);

const NOBODY_HAS = sha256Of('nobody has this');
const none: ReadonlySet<string> = new Set();

describe('an object', () => {
  it('is a read-only file named by its hash, in a folder for its owner alone', async () => {
    const {folder, objects} = await open();
    const sha256 = await put(objects, 'x'.repeat(100_000));
    const file = fileOf(folder, sha256);
    assert.equal(readFileSync(file, 'utf8'), 'x'.repeat(100_000));
    assert.deepEqual([statSync(file).mode & 0o777, statSync(folder).mode & 0o777], [0o444, 0o700]);
    assert.deepEqual([await objects.has(sha256), await objects.has(NOBODY_HAS)], [true, false]);
  });

  it('may be empty', async () => {
    const {objects} = await open();
    assert.equal(await objects.has(await put(objects, '')), true);
  });

  it('that is executable is a file of its own', async () => {
    const {folder, objects} = await open();
    const sha256 = await put(objects, '#!/bin/sh', true);
    await put(objects, '#!/bin/sh');
    assert.deepEqual(filesIn(folder), [sha256, `${sha256}x`]);
    assert.equal(statSync(fileOf(folder, sha256, 'x')).mode & 0o777, 0o555);
  });

  it('put twice, also at once, is there once', async () => {
    const {folder, objects} = await open();
    const [sha256] = await Promise.all([1, 2, 3, 4].map(() => put(objects, 'same')));
    await put(objects, 'same');
    assert.deepEqual(filesIn(folder), [sha256]);
  });

  it('of which a damaged one is there is put anew', async () => {
    const {folder, objects} = await open();
    const sha256 = await put(objects, 'good');
    await chmod(fileOf(folder, sha256), 0o600);
    writeFileSync(fileOf(folder, sha256), 'bad');
    await put(objects, 'good');
    assert.equal(readFileSync(fileOf(folder, sha256), 'utf8'), 'good');
  });

  it('with another hash, more bytes or fewer is refused, and nothing of it stays', async () => {
    const {folder, objects} = await open();
    const sha256 = sha256Of('hello');
    const puts = [
      () => objects.put(chunksOf('hellO'), sha256, 5),
      () => objects.put(chunksOf('hello world'), sha256, 5),
      () => objects.put(chunksOf('hell'), sha256, 5),
    ];
    for (const attempt of puts) await assert.rejects(attempt, {code: 'OBJECT_CORRUPT'});
    assert.deepEqual(filesIn(folder), []);
  });

  it('whose source fails leaves nothing', async () => {
    const {folder, objects} = await open();
    async function* broken() {
      yield Buffer.from('he');
      throw new Error('line cut');
    }
    await assert.rejects(objects.put(broken(), sha256Of('hello'), 5), /line cut/);
    assert.deepEqual(filesIn(folder), []);
  });

  it('cannot be named by anything but a hash', async () => {
    const {objects} = await open();
    for (const name of ['', '../../etc/passwd', 'A'.repeat(64), `${NOBODY_HAS}x`]) {
      await assert.rejects(objects.put(chunksOf('x'), name, 1), TypeError);
      await assert.rejects(objects.missing([name]), TypeError);
      await assert.rejects(objects.link(name, false, '/tmp/x'), TypeError);
    }
  });
});

describe('a full disk', () => {
  it('refuses an object before it is written, with what is needed and what is free', async () => {
    const {folder, objects} = await open({space: {freeBytes: RESERVED_BYTES + 3, freeFiles: null}});
    await assert.rejects(put(objects, 'four'), error => {
      const {code, details} = error as {code?: string; details?: readonly string[]};
      assert.equal(code, 'DISK_FULL');
      assert.deepEqual(details?.slice(0, 2), ['needed: 4 bytes', `free: ${RESERVED_BYTES + 3} bytes`]);
      return true;
    });
    assert.deepEqual(filesIn(folder), []);
    assert.equal(await objects.has(await put(objects, 'abc')), true);
  });
});

describe('what is missing', () => {
  it('is each of the hashes that is not there, once', async () => {
    const {objects} = await open();
    const known = [await put(objects, 'a'), await put(objects, 'b', true)];
    assert.deepEqual(await objects.missing([...known, NOBODY_HAS, NOBODY_HAS]), [NOBODY_HAS]);
  });

  it('is asked for many at a time', async () => {
    const {objects} = await open();
    const known = await Promise.all(Array.from({length: 200}, (_, index) => put(objects, `known ${index}`)));
    const unknown = Array.from({length: 9_800}, (_, index) => sha256Of(`unknown ${index}`));
    assert.deepEqual(await objects.missing([...unknown, ...known]), unknown.toSorted());
  });
});

describe('a link to an object', () => {
  it('shares its file, and has the mode that is asked for, whichever way it was put', async () => {
    const {folder, objects} = await open();
    const [plain, program] = [await put(objects, 'plain'), await put(objects, 'program', true)];
    const target = (name: string): string => path.join(folder, '..', name);
    await objects.link(plain, false, target('plain'));
    await objects.link(plain, true, target('plain.sh'));
    await objects.link(program, false, target('program'));
    assert.equal(statSync(target('plain')).ino, statSync(fileOf(folder, plain)).ino);
    const modes = ['plain', 'plain.sh', 'program'].map(name => statSync(target(name)).mode & 0o777);
    assert.deepEqual(modes, [0o444, 0o555, 0o444]);
    assert.equal(readFileSync(target('program'), 'utf8'), 'program');
  });

  it('to one that is not there is refused', async () => {
    const {folder, objects} = await open();
    const target = path.join(folder, '../x');
    await assert.rejects(objects.link(NOBODY_HAS, false, target), {code: 'OBJECT_MISSING'});
    assert.equal(existsSync(target), false);
  });

  it('can be made more often than a file can have links', async () => {
    const {folder, objects} = await open();
    const sha256 = await put(objects, 'shared');
    const most = fillLinks(fileOf(folder, sha256), path.join(folder, '..'));
    // Some file systems have no such limit.
    if (most === undefined) return;
    await objects.link(sha256, false, path.join(folder, '../one-more'));
    assert.equal(readFileSync(path.join(folder, '../one-more'), 'utf8'), 'shared');
    assert.equal(statSync(fileOf(folder, sha256)).nlink, 2);
  });
});

/** Links the file until the system refuses; undefined when it does not within 70,000. */
function fillLinks(file: string, folder: string): number | undefined {
  for (let count = 0; count < 70_000; count++) {
    try {
      linkSync(file, path.join(folder, `link-${count}`));
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'EMLINK');
      return count;
    }
  }
  return undefined;
}

describe('verifying an object', () => {
  it('tells one that is intact, one that is missing, and takes out one that is damaged', async () => {
    const {folder, objects} = await open();
    const sha256 = await put(objects, 'content');
    assert.deepEqual([await objects.verify(sha256), await objects.verify(NOBODY_HAS)], ['intact', 'missing']);
    await chmod(fileOf(folder, sha256), 0o600);
    writeFileSync(fileOf(folder, sha256), 'cOntent');
    assert.equal(await objects.verify(sha256), 'corrupt');
    assert.deepEqual(await objects.missing([sha256]), [sha256]);
  });
});

describe('garbage', () => {
  it('is what nothing uses, a day after it was last wanted', async () => {
    const clock = laterClock();
    const {folder, objects} = await open({clock});
    const [used, linked, idle] = [
      await put(objects, 'used'),
      await put(objects, 'linked', true),
      await put(objects, 'idle'),
    ];
    await objects.link(linked, true, path.join(folder, '../tree'));
    clock.later(COLLECT_AFTER_MS - 60_000);
    assert.deepEqual(await objects.collect(new Set([used])), {objects: 0, bytes: 0});
    clock.later(120_000);
    assert.deepEqual(await objects.collect(new Set([used])), {objects: 1, bytes: 4});
    assert.deepEqual(filesIn(folder), [used, `${linked}x`].sort());
    assert.equal(await objects.has(idle), false);
  });

  it('is not what was just asked for: its deploy is under way', async () => {
    const {objects, hashes} = await openAged(['asked', 'put again', 'idle']);
    await objects.missing(hashes.slice(0, 1));
    await put(objects, 'put again');
    assert.deepEqual(await objects.collect(none), {objects: 1, bytes: 4});
    assert.deepEqual(await objects.missing(hashes), hashes.slice(2));
  });

  it('is also what an upload left that was killed, but not what is being written', async () => {
    const clock = laterClock();
    const {folder, objects} = await open({clock});
    writeFileSync(path.join(folder, 'tmp/.abc.0123.tmp'), 'half');
    await objects.collect(none);
    assert.deepEqual(filesIn(folder), ['.abc.0123.tmp']);
    clock.later(2 * 60 * 60_000);
    await objects.collect(none);
    assert.deepEqual(filesIn(folder), []);
  });

  it('is collected beside questions without losing what was said to be there', async () => {
    const {objects, hashes} = await openAged(Array.from({length: 100}, (_, index) => `content ${index}`));
    const collecting = objects.collect(none);
    const missing = new Set(await objects.missing(hashes));
    await Promise.all([collecting, objects.collect(none)]);
    const there = hashes.filter(hash => !missing.has(hash));
    assert.deepEqual([await objects.missing(there), there.length + missing.size], [[], 100]);
  });
});

/** A store in which it is a day later, and stays that time: what is touched from now on is young. */
async function openAged(contents: readonly string[]): Promise<{objects: ObjectStore; hashes: string[]}> {
  let now = 0;
  const {objects} = await open({clock: {...systemClock, now: () => now}});
  const hashes = await Promise.all(contents.map(content => put(objects, content)));
  // File systems note times in steps of a few milliseconds.
  await new Promise(resolve => setTimeout(resolve, 50));
  now = Date.now() - 25 + COLLECT_AFTER_MS;
  return {objects, hashes};
}
