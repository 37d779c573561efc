import assert from 'node:assert/strict';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import {startWorkers, type WorkerDeath, type Workers, type WorkersOptions} from '../../../src/proxy/workers/owner.js';
import {TakoError} from '../../../src/system/error.js';

type Snapshot = {readonly act: string};
type Note = Readonly<Record<string, unknown>>;

const FILE = path.resolve(import.meta.dirname, '../../fixtures/workers/worker.mjs');

type Owned = {readonly workers: Workers<Snapshot>; readonly notes: Note[]; readonly deaths: WorkerDeath[]};

async function own(act: string, options: Partial<WorkersOptions<Snapshot, Note>> = {}): Promise<Owned> {
  const [notes, deaths]: [Note[], WorkerDeath[]] = [[], []];
  const workers = await startWorkers<Snapshot, Note>({
    file: FILE,
    count: 2,
    snapshot: {act},
    answer: async () => undefined,
    onNote: note => notes.push(note),
    onDeath: death => deaths.push(death),
    ...options,
  });
  onTestFinished(() => workers.close());
  return {workers, notes, deaths};
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 10));
}

describe('the owner of workers', () => {
  it('answers what a worker cannot do itself', async () => {
    const upstream = {host: '127.0.0.1', port: 3000};
    const asked: unknown[] = [];
    const answer = async (question: unknown) => {
      asked.push(question);
      return upstream;
    };
    const {workers, notes} = await own('ask', {answer});
    await until(() => notes.length === 2);
    assert.deepEqual(asked, [
      {ask: 'activate', app: 'shop'},
      {ask: 'activate', app: 'shop'},
    ]);
    assert.deepEqual(new Set(notes.map(({pid}) => pid)), new Set(workers.pids));
    for (const note of notes) assert.deepEqual(note.answer, upstream);
  });

  it('passes on what kept it from answering', async () => {
    const answer = () => Promise.reject(new TakoError('CA_EXPIRED', 'the authority has expired'));
    const {notes} = await own('ask in vain', {answer, count: 1});
    await until(() => notes.length === 1);
    assert.deepEqual(notes, [{code: 'CA_EXPIRED', message: 'the authority has expired'}]);
  });

  it('gives every worker each new snapshot, and the newest to one that is new', async () => {
    const {workers, notes, deaths} = await own('hang');
    workers.publish({act: 'say'});
    await until(() => notes.length === 2);
    const [victim = 0] = workers.pids;
    process.kill(victim, 'SIGKILL');
    await until(() => notes.length === 3);
    assert.deepEqual(deaths, [{pid: victim, code: null, signal: 'SIGKILL'}]);
    assert.ok(!notes.slice(0, 2).some(({pid}) => pid === notes[2]?.pid));
  });

  it('starts nothing when a worker says that it cannot serve', async () => {
    await assert.rejects(own('fail'), {message: 'this worker cannot serve'});
  });

  it('gives up on workers that end as soon as they begin', async () => {
    const deaths: WorkerDeath[] = [];
    const failed = own('exit', {onDeath: death => deaths.push(death)});
    await assert.rejects(failed, {code: 'WORKERS_FAILED', details: ['the last one ended with code 7']});
    assert.equal(deaths.length, 5);
  });

  it('gives up on workers that cannot be replaced, and says why', async () => {
    const {workers} = await own('say');
    workers.publish({act: 'exit'});
    const error = await workers.failed;
    assert.equal(error.code, 'WORKERS_FAILED');
    assert.deepEqual(workers.pids, []);
  });

  it('lets workers drain, and kills one that does not end', async () => {
    const {workers, notes} = await own('say', {count: 1});
    await workers.drain(100);
    assert.deepEqual(notes.at(-1), {drained: 100});
    assert.deepEqual(workers.pids, []);
    const stuck = await own('hang', {count: 1});
    await stuck.workers.drain(10);
    assert.deepEqual(stuck.workers.pids, []);
    assert.deepEqual(stuck.deaths, []);
  });
});
