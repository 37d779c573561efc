import assert from 'node:assert/strict';
import {readdirSync} from 'node:fs';
import {afterEach, describe, it} from 'vitest';
import type {InstanceRecords} from '../../src/supervisor/instance-records.js';
import {processIdentity} from '../../src/system/processes.js';
import {commandSpec, fixtureSpec, isAlive} from './apps.js';
import {createHarness, failureOf, type Harness} from './harness.js';
import {createMemoryRecords} from './memory-records.js';

const opened: Harness[] = [];

function open(records?: InstanceRecords): Harness {
  const harness = createHarness(records);
  opened.push(harness);
  return harness;
}

afterEach(async () => {
  for (const {supervisor} of opened.splice(0)) await supervisor.close();
});

describe('output', () => {
  it('is read as fast as it comes, and whole', async () => {
    const {supervisor} = open();
    const written: string[] = [];
    supervisor.logs('web').subscribe(({stream, text}) => void (stream === 'stdout' && written.push(text)));
    await failureOf(supervisor.start(fixtureSpec('floods')));
    assert.equal(written.length, 50_000);
    assert.equal(written.at(-1), 'line 50000');
  });

  it('goes on after bytes that are not UTF-8', async () => {
    const {lastLines} = await failureOf(open().supervisor.start(fixtureSpec('invalid-utf8')));
    assert.deepEqual(lastLines, ['a\ufffd\ufffd', '\ufffdb', 'still here']);
  });
});

const fail = (): never => {
  throw new Error('disk full');
};

describe('records', () => {
  it('are there before the process is, and complete soon after', async () => {
    const records = createMemoryRecords();
    const history: string[] = [];
    const add: InstanceRecords['add'] = record => {
      history.push(`record without pid: ${record.pid === undefined}, process: ${harness.states().length > 0}`);
      records.add(record);
    };
    const harness = open({...records, add});
    const {pid} = await harness.supervisor.start(fixtureSpec('fd4-server'));
    assert.deepEqual(history, ['record without pid: true, process: false']);
    const [record] = records.all();
    assert.deepEqual([record?.pid, record?.startTime], [pid, (await processIdentity(pid))?.startTime]);
  });

  it('that cannot be added keep the app from starting', async () => {
    const {supervisor} = open({...createMemoryRecords(), add: fail});
    await assert.rejects(supervisor.start(fixtureSpec('fd4-server')), /disk full/);
  });

  it('that cannot be written later do not harm the app', async () => {
    const {supervisor, saidByTako} = open({...createMemoryRecords(), setPid: fail, remove: fail});
    await supervisor.start(fixtureSpec('fd4-server'));
    await supervisor.stop('web');
    assert.equal(saidByTako().filter(text => text.includes('disk full')).length, 2);
  });
});

describe('a supervisor', () => {
  it('forgets an app with its log', async () => {
    const {supervisor} = open();
    await supervisor.start(fixtureSpec('fd4-server'));
    await supervisor.forget('web');
    assert.deepEqual(supervisor.logs('web').last(10), []);
  });

  it('ends everything when it closes, and starts nothing any more', async () => {
    const {supervisor} = open();
    const apps = ['a', 'b', 'c'];
    const upstreams = await Promise.all(apps.map(app => supervisor.start(fixtureSpec('fd4-server', {app}))));
    await Promise.all([supervisor.close(), supervisor.close()]);
    assert.deepEqual(await Promise.all(upstreams.map(({pid}) => isAlive(pid))), [false, false, false]);
    assert.equal((await failureOf(supervisor.start(fixtureSpec('fd4-server')))).code, 'START_CANCELLED');
  });

  it('leaves no descriptor open, however often apps start and stop', async () => {
    const spec = commandSpec(['sh', '-c', 'echo 4000 >&4; exec sleep 600']);
    await leavesNoDescriptor(50, async ({supervisor}) => {
      await supervisor.start(spec);
      await supervisor.stop('web');
    });
  });

  it('leaves no descriptor open after starts that failed', async () => {
    await leavesNoDescriptor(10, async ({supervisor}) => {
      await failureOf(supervisor.start(commandSpec(['no-such-program'])));
      await failureOf(supervisor.start(commandSpec(['false'])));
    });
  });
});

async function leavesNoDescriptor(times: number, use: (harness: Harness) => Promise<void>): Promise<void> {
  const count = async (rounds: number): Promise<number> => {
    const harness = open();
    for (let round = 0; round < rounds; round++) await use(harness);
    await harness.supervisor.close();
    return readdirSync('/dev/fd').length;
  };
  const before = await count(1);
  assert.equal(await count(times), before);
}
