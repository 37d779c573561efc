import assert from 'node:assert/strict';
import {readdirSync, readlinkSync, rmSync} from 'node:fs';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {describe, it} from 'vitest';
import type {LogFile} from '../../../src/supervisor/log-files/log-file.js';
import type {LogQuery} from '../../../src/supervisor/log-files/log-reader.js';
import {eventually} from '../../helpers/eventually.js';
import {createRandom} from '../../helpers/random.js';
import {filesOf, idsOf, makeClock, makeLogFolder, openLog, readAll, say, textsOf} from './support.js';

const numbers = (from: number, to: number): number[] => Array.from({length: to - from + 1}, (_, index) => from + index);

/** Reads in the background; `ids` grows as records come. */
function follow(log: LogFile, query: LogQuery = {}) {
  const abort = new AbortController();
  const ids: number[] = [];
  const done = (async () => {
    for await (const {id} of log.read({...query, follow: true, signal: abort.signal})) ids.push(id);
  })();
  const stop = (): Promise<void> => {
    abort.abort();
    return done;
  };
  return {ids, done, stop};
}

const openFilesOf = (folder: string): number =>
  readdirSync('/proc/self/fd').filter(fd => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder);
    } catch {
      return false;
    }
  }).length;

describe('reading a log', () => {
  it('gives what was appended a moment ago', async () => {
    const log = openLog(await makeLogFolder());
    log.append({stream: 'stdout', text: 'just now'});
    assert.deepEqual(textsOf(await readAll(log)), ['just now']);
  });

  it('gives the last so many that match, over files', async () => {
    const folder = await makeLogFolder();
    const clock = makeClock();
    const log = openLog(folder, {maxBytes: 500, maxFiles: 100, clock});
    for (let number = 1; number <= 60; number++) {
      clock.time = number * 1_000;
      log.append({stream: 'stdout', release: number % 3 === 0 ? 'b' : 'a', text: `line ${number}`});
    }
    await log.flush();
    assert.ok(filesOf(folder).length > 5);
    assert.deepEqual(idsOf(await readAll(log, {count: 3})), [58, 59, 60]);
    assert.deepEqual(idsOf(await readAll(log, {count: 0})), []);
    assert.deepEqual(idsOf(await readAll(log, {count: 1_000})), numbers(1, 60));
    assert.deepEqual(idsOf(await readAll(log, {count: 3, release: 'b'})), [54, 57, 60]);
    assert.deepEqual(idsOf(await readAll(log, {count: 25, release: null})), numbers(36, 60));
    assert.deepEqual(idsOf(await readAll(log, {since: 58_000})), [58, 59, 60]);
    assert.deepEqual(idsOf(await readAll(log, {since: 50_000, count: 50, release: 'b'})), [51, 54, 57, 60]);
    assert.deepEqual(idsOf(await readAll(log, {since: 50_000, count: 2, release: 'b'})), [57, 60]);
    assert.deepEqual(idsOf(await readAll(log, {since: 61_000, count: 5})), []);
    assert.deepEqual(idsOf(await readAll(log, {release: 'c', count: 5})), []);
  });

  it('gives lines of any length, whole, forwards and backwards', async () => {
    const log = openLog(await makeLogFolder());
    const random = createRandom(3);
    const texts = Array.from({length: 60}, (_, index) =>
      `${index}é`.repeat(random.below(index % 10 === 0 ? 90_000 : 300)),
    );
    for (const text of texts) log.append({stream: 'stdout', text});
    assert.deepEqual(textsOf(await readAll(log)), texts);
    for (const count of [1, 7, 31, 59, 60]) assert.deepEqual(textsOf(await readAll(log, {count})), texts.slice(-count));
  });

  it('finds all of it after any number of restarts, whatever the sizes', async () => {
    const folder = await makeLogFolder();
    const random = createRandom(21);
    const texts: string[] = [];
    for (let restart = 0; restart < 25; restart++) {
      const log = openLog(folder, {maxBytes: 400 + random.below(4_000), maxFiles: 1_000});
      for (let count = random.below(40); count > 0; count--) {
        const text = 'ü'.repeat(random.below(random.below(8) === 0 ? 5_000 : 200));
        texts.push(text);
        log.append({stream: 'stderr', text});
        if (random.below(10) === 0) await log.flush();
      }
      const records = await readAll(log);
      assert.deepEqual(textsOf(records), texts);
      assert.deepEqual(idsOf(records), numbers(1, texts.length));
      const count = random.below(texts.length + 2);
      assert.deepEqual(
        idsOf(await readAll(log, {count})),
        numbers(Math.max(1, texts.length - count + 1), texts.length),
      );
      await log.close();
    }
  });

  it('ends where the log ended when it began, however much is written meanwhile', async () => {
    const log = openLog(await makeLogFolder(), {maxBytes: 300});
    await say(log, 'before', 5);
    const ids: number[] = [];
    for await (const {id} of log.read()) {
      ids.push(id);
      await say(log, 'meanwhile', 5);
    }
    assert.deepEqual(ids.at(-1), 5);
  });
});

describe('following a log', () => {
  it('gives what is there and then what comes, each once', async () => {
    const log = openLog(await makeLogFolder());
    await say(log, 'before', 5);
    const reader = follow(log, {count: 2});
    await eventually(() => assert.deepEqual(reader.ids, [4, 5]));
    await say(log, 'after', 3);
    await eventually(() => assert.deepEqual(reader.ids, [4, 5, 6, 7, 8]));
    await reader.stop();
  });

  it('begins before there is anything, and ends with the log', async () => {
    const log = openLog(await makeLogFolder());
    const reader = follow(log);
    await nextTurn();
    await say(log, 'first');
    await eventually(() => assert.deepEqual(reader.ids, [1]));
    log.append({stream: 'stdout', text: 'last'});
    await log.close();
    await reader.done;
    assert.deepEqual(reader.ids, [1, 2]);
  });

  it('misses and repeats nothing over rotation, for several readers at once', async () => {
    const folder = await makeLogFolder();
    const log = openLog(folder, {maxBytes: 2_000, maxFiles: 1_000});
    const random = createRandom(7);
    const readers = [];
    for (let round = 0; round < 150; round++) {
      if (round % 15 === 0) readers.push({first: round * 10 + 1, reader: follow(log, {count: 0})});
      for (let number = 0; number < 10; number++) log.append({stream: 'stdout', text: 'x'.repeat(random.below(300))});
      if (random.below(3) === 0) await log.flush();
      else await nextTurn();
    }
    await log.flush();
    const whole = follow(log);
    await eventually(() => assert.equal(whole.ids.at(-1), 1_500), {progress: () => whole.ids.length});
    assert.deepEqual(whole.ids, numbers(1, 1_500));
    for (const {reader} of readers) {
      await eventually(() => assert.equal(reader.ids.at(-1), 1_500), {progress: () => reader.ids.length});
      assert.deepEqual(reader.ids, numbers(reader.ids[0] ?? 0, 1_500));
    }
    assert.ok(filesOf(folder).length > 50);
    await Promise.all([whole, ...readers.map(({reader}) => reader)].map(reader => reader.stop()));
    assert.equal(openFilesOf(folder), 1);
  });

  it('costs a slow reader no record that is still there, and no memory', async () => {
    const folder = await makeLogFolder();
    const log = openLog(folder, {maxBytes: 2_000, maxFiles: 3});
    await say(log, 'one', 3);
    const records = log.read({follow: true})[Symbol.asyncIterator]();
    assert.equal((await records.next()).value?.id, 1);
    for (let round = 0; round < 30; round++) await say(log, 'many', 20);
    const rest: number[] = [];
    while (rest.at(-1) !== 603) rest.push((await records.next()).value?.id ?? 0);
    await records.return?.();
    const oldest = Number.parseInt(filesOf(folder)[0] ?? '', 10);
    // What it had read already, then the file it had open, then those there are.
    assert.deepEqual(rest.slice(0, 2), [2, 3]);
    assert.deepEqual(
      rest.filter(id => id >= oldest),
      numbers(oldest, 603),
    );
    assert.deepEqual(
      rest,
      rest.toSorted((a, b) => a - b),
    );
    assert.equal(new Set(rest).size, rest.length);
    assert.equal(openFilesOf(folder), 1);
  });

  it('ends without an error when it is aborted, at once too', async () => {
    const folder = await makeLogFolder();
    const log = openLog(folder);
    await say(log, 'line', 3);
    assert.deepEqual(await readAll(log, {follow: true, signal: AbortSignal.abort()}), []);
    const reader = follow(log);
    await eventually(() => assert.equal(reader.ids.length, 3));
    await reader.stop();
    await log.close();
    assert.equal(openFilesOf(folder), 0);
  });

  it('survives that the log is deleted, and goes on with the next one', async () => {
    const folder = await makeLogFolder();
    const log = openLog(folder);
    await say(log, 'line', 3);
    const reader = follow(log);
    await eventually(() => assert.equal(reader.ids.length, 3));
    await log.close();
    await reader.done;
    rmSync(folder, {recursive: true});
    const next = openLog(folder);
    const other = follow(next);
    await say(next, 'anew');
    await eventually(() => assert.deepEqual(other.ids, [1]));
    await other.stop();
  });
});
