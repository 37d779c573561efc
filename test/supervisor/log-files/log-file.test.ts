import assert from 'node:assert/strict';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'vitest';
import {MAX_WAITING_LENGTH} from '../../../src/supervisor/log-files/log-writer.js';
import {eventually} from '../../helpers/eventually.js';
import {createRandom} from '../../helpers/random.js';
import {contentOf, filesOf, idsOf, makeClock, makeLogFolder, openLog, readAll, say, textsOf} from './support.js';

const FIRST = '000000000000001.jsonl';

describe('a log on disk', () => {
  it('has a line per record, for its owner only, and nothing before there is one', async () => {
    const folder = await makeLogFolder();
    const clock = makeClock();
    const log = openLog(folder, {clock});
    assert.deepEqual(await readAll(log), []);
    assert.throws(() => statSync(folder));
    log.append({stream: 'stdout', release: 'abc', instance: 1, text: 'hello'});
    clock.time = 2_000;
    log.append({stream: 'tako', level: 'warning', text: 'hm'});
    await log.flush();
    assert.equal(
      readFileSync(path.join(folder, FIRST), 'utf8'),
      '{"id":1,"time":1000,"stream":"stdout","release":"abc","instance":1,"text":"hello"}\n' +
        '{"id":2,"time":2000,"stream":"tako","level":"warning","text":"hm"}\n',
    );
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    assert.equal(statSync(path.join(folder, FIRST)).mode & 0o777, 0o600);
  });

  it('is written soon by itself', async () => {
    const folder = await makeLogFolder();
    openLog(folder).append({stream: 'stdout', text: 'soon'});
    await eventually(() => assert.match(contentOf(folder), /soon/));
  });

  it('goes on with its ids after a restart', async () => {
    const folder = await makeLogFolder();
    const first = openLog(folder);
    await say(first, 'before', 3);
    await first.close();
    const second = openLog(folder);
    await say(second, 'after');
    assert.deepEqual(idsOf(await readAll(second)), [1, 2, 3, 4]);
    assert.deepEqual(filesOf(folder), [FIRST]);
  });

  it('takes nothing once it is closed, twice over', async () => {
    const folder = await makeLogFolder();
    const log = openLog(folder);
    log.append({stream: 'stdout', text: 'last'});
    await Promise.all([log.close(), log.close()]);
    log.append({stream: 'stdout', text: 'too late'});
    await log.flush();
    assert.deepEqual(textsOf(await readAll(log)), ['last']);
    assert.equal(log.counts.dropped, 1);
  });
});

describe('the size of a log', () => {
  it('is kept by going on in another file, and deleting the oldest', async () => {
    const folder = await makeLogFolder();
    const log = openLog(folder, {maxBytes: 1_000, maxFiles: 3});
    for (let round = 0; round < 20; round++) await say(log, `round ${round}`, 10);
    const files = filesOf(folder);
    assert.equal(files.length, 3);
    for (const file of files) assert.ok(statSync(path.join(folder, file)).size <= 1_000, file);
    const records = await readAll(log);
    assert.equal(records.at(-1)?.id, 200);
    assert.equal(records[0]?.id, Number.parseInt(files[0] ?? '', 10));
    assert.deepEqual(
      idsOf(records),
      Array.from(records, (_, index) => (records[0]?.id ?? 0) + index),
    );
  });

  it('does not keep a record out that is larger than a file', async () => {
    const folder = await makeLogFolder();
    const log = openLog(folder, {maxBytes: 100});
    await say(log, 'x'.repeat(200_000));
    await say(log, 'next');
    assert.deepEqual(textsOf(await readAll(log)), ['x'.repeat(200_000), 'next']);
    assert.equal(filesOf(folder).length, 2);
  });
});

describe('what comes faster than it can be written', () => {
  it('is dropped and counted, and the log says so', async () => {
    const log = openLog(await makeLogFolder());
    const text = 'x'.repeat(10_000);
    const count = Math.ceil((2 * MAX_WAITING_LENGTH) / text.length);
    for (let number = 0; number < count; number++) log.append({stream: 'stdout', text});
    await log.flush();
    await say(log, 'later');
    const records = await readAll(log);
    const {dropped} = log.counts;
    assert.ok(dropped > 0 && dropped < count);
    assert.equal(records.filter(({stream}) => stream === 'stdout').length, count - dropped + 1);
    const said = records.filter(({stream}) => stream === 'tako');
    assert.deepEqual(textsOf(said), [`${dropped} lines are missing here: they could not be written`]);
    assert.deepEqual(
      idsOf(records),
      Array.from(records, (_, index) => index + 1),
    );
  });

  it('is named where it was, by the id of the last of it, where records have ids of their own', async () => {
    const log = openLog(await makeLogFolder());
    const text = 'x'.repeat(10_000);
    let id = 500;
    const append = (more: string): void => log.append({id: ++id, stream: 'stdout', text: more});
    while (log.counts.dropped < 3) append(text);
    // Smaller, but behind what was lost: all of it is in one place.
    append('small');
    const lastLost = id;
    await log.flush();
    append('later');
    await log.flush();
    const records = await readAll(log);
    const at = records.findIndex(({stream}) => stream === 'tako');
    assert.deepEqual(
      [records[at]?.id, records[at]?.text],
      [lastLost, '4 lines are missing here: they could not be written'],
    );
    assert.deepEqual(textsOf(records.slice(at + 1)), ['later']);
    assert.equal(records[0]?.id, 501);
    const ids = idsOf(records);
    assert.deepEqual(
      ids,
      [...new Set(ids)].toSorted((a, b) => a - b),
    );
  });

  it('or cannot be written at all, is told once, and said when it works again', async () => {
    const folder = await makeLogFolder();
    mkdirSync(path.dirname(folder), {recursive: true});
    writeFileSync(folder, 'in the way');
    const errors: unknown[] = [];
    const log = openLog(folder, {onError: error => errors.push(error)});
    await say(log, 'lost', 3);
    await say(log, 'lost');
    assert.equal(errors.length, 1);
    rmSync(folder);
    await say(log, 'kept');
    assert.deepEqual(textsOf(await readAll(log)), ['kept', '4 lines are missing here: they could not be written']);
    assert.equal(log.counts.dropped, 4);
    await say(log, 'and on');
    assert.equal((await readAll(log)).length, 3);
  });
});

describe('a disk that is full', () => {
  it.skipIf(!existsSync('/dev/full'))('loses what does not fit on it, and nothing once there is room', async () => {
    const folder = await makeLogFolder();
    mkdirSync(folder, {recursive: true});
    symlinkSync('/dev/full', path.join(folder, FIRST));
    const errors: unknown[] = [];
    const log = openLog(folder, {onError: error => errors.push(error)});
    await say(log, 'lost', 2);
    assert.match(String(errors), /ENOSPC/);
    rmSync(path.join(folder, FIRST));
    await say(log, 'kept');
    assert.deepEqual(textsOf(await readAll(log)), ['kept', '2 lines are missing here: they could not be written']);
  });

  it('does not count what got there before it was full', async () => {
    const folder = await makeLogFolder();
    mkdirSync(path.dirname(folder), {recursive: true});
    writeFileSync(folder, 'in the way');
    const log = openLog(folder);
    await say(log, 'lost', 4);
    rmSync(folder);
    mkdirSync(folder);
    const records = [1, 2].map(id => `{"id":${id},"time":1,"stream":"stdout","text":"there"}\n`);
    writeFileSync(path.join(folder, FIRST), `${records.join('')}{"id":3,"ti`);
    await say(log, 'kept');
    const all = await readAll(log);
    assert.deepEqual(textsOf(all), ['there', 'there', 'kept', '2 lines are missing here: they could not be written']);
    assert.deepEqual(idsOf(all), [1, 2, 3, 4]);
    assert.equal(log.counts.dropped, 2);
  });
});

describe('a log after a crash', () => {
  const RECORD = '{"id":1,"time":1,"stream":"stdout","text":"one"}\n';

  it.each([
    ['a part of a record', `${RECORD}{"id":2,"time":1,"str`, ['one', 'new'], [1, 2]],
    [
      'a record without its line end',
      `${RECORD}{"id":2,"time":1,"stream":"stdout","text":"two"}`,
      ['one', 'two', 'new'],
      [1, 2, 3],
    ],
    ['zeros', `${RECORD}${'\0'.repeat(5_000)}`, ['one', 'new'], [1, 2]],
    ['nothing but a part', '{"id":', ['new'], [1]],
    ['nothing', '', ['new'], [1]],
    ['a line that is no record', `${RECORD}${'\0'.repeat(70_000)}\n`, ['one', 'new'], [1, 2]],
    ['a part that is longer than a block', `${RECORD}{"text":"${'x'.repeat(200_000)}`, ['one', 'new'], [1, 2]],
  ])('that left %s at its end goes on behind the last record', async (_, content, texts, ids) => {
    const folder = await makeLogFolder();
    mkdirSync(folder, {recursive: true});
    writeFileSync(path.join(folder, FIRST), content);
    const log = openLog(folder);
    assert.deepEqual(
      textsOf(await readAll(log)),
      texts.filter(text => text === 'one'),
    );
    await say(log, 'new');
    const records = await readAll(log);
    assert.deepEqual([textsOf(records), idsOf(records)], [texts, ids]);
  });

  it('never gives an id again, even where no record of its last file is left', async () => {
    const folder = await makeLogFolder();
    mkdirSync(folder, {recursive: true});
    writeFileSync(path.join(folder, '000000000000041.jsonl'), '{"id":41,"time"');
    const log = openLog(folder);
    await say(log, 'new');
    assert.deepEqual(idsOf(await readAll(log)), [41]);
    writeFileSync(path.join(folder, '000000000000050.jsonl'), '');
    writeFileSync(path.join(folder, 'notes.txt'), 'not ours');
    const again = openLog(folder);
    await say(again, 'newer');
    assert.deepEqual(idsOf(await readAll(again)), [41, 50]);
  });

  it('at any byte loses only the record it cut', async () => {
    const folder = await makeLogFolder();
    const log = openLog(folder);
    await say(log, 'line', 20);
    await log.close();
    const file = path.join(folder, FIRST);
    const whole = readFileSync(file);
    const random = createRandom(9);
    for (let round = 0; round < 60; round++) {
      const size = random.below(whole.length);
      writeFileSync(file, whole);
      truncateSync(file, size);
      const restarted = openLog(folder);
      await say(restarted, 'new');
      const records = await readAll(restarted);
      const kept = whole.subarray(0, size).toString().split('\n').length - 1;
      const isOnlyLineEndCut = whole[size] === 0x0a;
      assert.deepEqual(
        idsOf(records),
        Array.from({length: kept + (isOnlyLineEndCut ? 2 : 1)}, (_, index) => index + 1),
      );
      assert.equal(records.at(-1)?.text, 'new');
      assert.equal(restarted.counts.bad, 0);
      await restarted.close();
    }
  });
});

describe('lines that are no records', () => {
  it('are skipped and counted', async () => {
    const folder = await makeLogFolder();
    const log = openLog(folder);
    await say(log, 'one');
    appendFileSync(path.join(folder, FIRST), 'garbage\n\n{"id":2}\n');
    await say(log, 'two');
    assert.deepEqual(textsOf(await readAll(log)), ['one', 'two']);
    assert.equal(log.counts.bad, 3);
    assert.deepEqual(textsOf(await readAll(log, {count: 2})), ['one', 'two']);
  });

  it('of any bytes never stop a reader', async () => {
    const folder = await makeLogFolder();
    mkdirSync(folder, {recursive: true});
    const random = createRandom(11);
    for (let round = 0; round < 30; round++) {
      const garbage = random.bytes(random.below(3_000));
      writeFileSync(path.join(folder, FIRST), Buffer.concat([garbage, Buffer.from('\n')]));
      const log = openLog(folder);
      await say(log, 'still here');
      assert.deepEqual(textsOf(await readAll(log)), ['still here']);
      assert.deepEqual(textsOf(await readAll(log, {count: 1})), ['still here']);
      await log.close();
    }
  });
});

describe.skipIf(process.getuid?.() === 0)('a folder that cannot be written', () => {
  it('keeps nobody waiting', async () => {
    const folder = await makeLogFolder();
    mkdirSync(folder, {recursive: true});
    chmodSync(folder, 0o500);
    const log = openLog(folder);
    await say(log, 'lost');
    assert.equal(log.counts.dropped, 1);
    chmodSync(folder, 0o700);
  });
});
