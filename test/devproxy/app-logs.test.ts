import assert from 'node:assert/strict';
import {cpSync, readdirSync, statSync} from 'node:fs';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import {type AppLogs, type AppLogsOptions, openAppLogs} from '../../src/devproxy/app-logs.js';
import type {LogRecord} from '../../src/supervisor/log-files/log-record.js';
import {systemClock} from '../../src/system/clock.js';
import {eventually} from '../helpers/eventually.js';
import {temporaryFolder} from './support.js';

async function open(folder: string, more: Partial<AppLogsOptions> = {}): Promise<AppLogs> {
  const onError = (error: unknown): void => assert.fail(String(error));
  const logs = await openAppLogs({folder, clock: systemClock, registered: () => new Set(['web']), onError, ...more});
  onTestFinished(() => logs.close());
  return logs;
}

async function recordsOf(logs: AppLogs, app: string): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for await (const record of logs.read(app)) records.push(record);
  return records;
}

const textsOf = async (logs: AppLogs, app: string): Promise<string[]> =>
  (await recordsOf(logs, app)).map(({text}) => text);

describe('the logs of apps', () => {
  it('have each line on disk as it was in memory', async () => {
    const logs = await open(temporaryFolder());
    const line = logs.open('web').append('stderr', 'no database', {instance: '42', level: 'error'});
    assert.deepEqual(await recordsOf(logs, 'web'), [line]);
  });

  it('go on after a restart with the lines there were, and with ids that nobody has had', async () => {
    const folder = temporaryFolder();
    const before = await open(folder);
    const {id} = before.open('web').append('stdout', 'before');
    await before.close();
    const after = await open(folder);
    const buffer = after.open('web');
    assert.deepEqual(buffer.last(10), []);
    assert.ok(buffer.append('stdout', 'after').id > id);
    assert.deepEqual(await textsOf(after, 'web'), ['before', 'after']);
  });

  it('give no id again that a killed daemon had given, though the lines are lost', async () => {
    const folder = temporaryFolder();
    const killed = await open(folder);
    const buffer = killed.open('web');
    buffer.append('stdout', 'written');
    await killed.flush('web');
    const lost = Array.from({length: 30_000}, () => buffer.append('stdout', 'not written').id);
    // As it is on disk at this moment.
    const copy = temporaryFolder();
    cpSync(folder, copy, {recursive: true});
    const after = await open(copy);
    assert.ok(after.open('web').append('stdout', 'after').id > (lost.at(-1) ?? 0));
  });

  it('give no id again of an app that a killed daemon knew, where nothing is on disk', async () => {
    const lost = (await open(temporaryFolder(), {registered: () => new Set()})).open('web').append('stdout', 'lost');
    const after = (await open(temporaryFolder())).open('web').append('stdout', 'after');
    assert.ok(after.id > lost.id);
  });

  it('go on when an app is registered again', async () => {
    const logs = await open(temporaryFolder());
    const {id} = logs.open('web').append('stdout', 'first time');
    const again = logs.open('web');
    assert.deepEqual(again.last(10), []);
    assert.equal(again.append('stdout', 'second time').id, id + 1);
    assert.deepEqual(await textsOf(logs, 'web'), ['first time', 'second time']);
  });

  it('are there for an app that has gone, and only for one that said something', async () => {
    const logs = await open(temporaryFolder());
    logs.open('gone').append('stdout', 'last words');
    await logs.flush('gone');
    assert.deepEqual([await logs.has('gone'), await logs.has('never')], [true, false]);
    assert.deepEqual(await textsOf(logs, 'never'), []);
  });

  it('take no more room than they may, and apps that have gone make room first', async () => {
    const folder = temporaryFolder();
    const fileLimits = {maxBytes: 2_000, maxFiles: 4};
    const logs = await open(folder, {fileLimits, space: {maxBytes: 9_000, maxAgeMs: 3_600_000}});
    const text = 'x'.repeat(100);
    const say = async (app: string, count: number): Promise<void> => {
      const buffer = logs.open(app);
      for (let number = 0; number < count; number++) buffer.append('stdout', text);
      await logs.flush(app);
    };
    await say('gone', 100);
    await say('web', 100);
    const sizeOf = (): number =>
      readdirSync(folder, {recursive: true, encoding: 'utf8'})
        .map(name => statSync(path.join(folder, name)))
        .filter(info => info.isFile())
        .reduce((sum, {size}) => sum + size, 0);
    await eventually(() => assert.ok(sizeOf() <= 9_000 + fileLimits.maxBytes, `${sizeOf()} bytes`));
    const kept = await Promise.all(['gone', 'web'].map(app => textsOf(logs, app)));
    assert.ok((kept[1]?.length ?? 0) > (kept[0]?.length ?? 0), `${kept.map(({length}) => length)}`);
    await say('gone', 1);
    assert.equal((await textsOf(logs, 'gone')).at(-1), text);
  });
});
