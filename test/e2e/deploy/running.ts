import assert from 'node:assert/strict';
import {beforeAll, describe, it} from 'vitest';
import {eventually} from '../../helpers/eventually.js';
import type {Example} from '../../helpers/example.js';
import {visit} from '../../helpers/vps/visit.js';
import {greetingOf, openNotes, type Site, statusOf, TIMEOUT_MS} from './site.js';

/** What is done with an app between its deploys. */
export function describeRunning(site: () => Site): void {
  describe('what runs', {timeout: TIMEOUT_MS}, () => {
    let diary: Example;
    const tako = (...args: string[]) => site().laptop.tako(diary.folder, ...args);
    const pids = async (): Promise<readonly (number | null)[]> =>
      (await statusOf(site(), diary)).instances.map(({pid}) => pid);
    beforeAll(async () => {
      diary = await openNotes(site(), 'diary');
      diary.edit('tako.toml', 'ssl =', 'idle_timeout = "2s"\nssl =');
      await tako('deploy');
    }, TIMEOUT_MS);

    it('is as many as was said, also after the next deploy', async () => {
      const {stdout} = await tako('scale', '2');
      assert.match(stdout, /^one: running, 2 of 2 ready, release [0-9a-f]{12}$/);
      diary.write('greeting.txt', 'hello again\n');
      await tako('deploy');
      const {scale, state, release, instances, job, problem} = await statusOf(site(), diary);
      assert.deepEqual({scale, state, job, problem}, {scale: 2, state: 'running', job: null, problem: null});
      const found = instances.map(instance => [instance.number, instance.state, instance.release]);
      assert.deepEqual(found, [
        [1, 'ready', release],
        [2, 'ready', release],
      ]);
      await tako('scale', '1');
      assert.equal((await pids()).length, 1);
    });

    it('runs commands beside, which end as they do', async () => {
      const {laptop} = site();
      const command = 'echo "$ENV $TAKO_BUILD $(whoami)"; echo "no such thing" >&2; exit 7';
      const {release} = await statusOf(site(), diary);
      const result = await laptop.attempt(diary.folder, 'exec', '--', 'sh', '-c', command);
      assert.match(result.stdout, new RegExp(`^production ${release} tako-\\S+$`));
      assert.deepEqual([result.exitCode, result.stderr], [7, 'no such thing']);
    });

    it('keeps what it writes, and its log, over deploys', async () => {
      const {vps} = site();
      await visit(vps, 'https://diary.example.com/notes', '-d', 'first');
      const {release: before} = await statusOf(site(), diary);
      diary.write('greeting.txt', 'welcome back\n');
      await tako('deploy');
      const {body} = await visit(vps, 'https://diary.example.com/notes', '-d', 'second');
      assert.deepEqual(JSON.parse(body), {notes: ['first', 'second']});
      const logs = async (...args: string[]) => (await tako('logs', '--env', 'production', ...args)).stdout;
      const last = await eventually(async () => {
        const found = await logs('-n', '1');
        assert.match(found, / \| note: second$/);
        return found;
      });
      assert.equal(last.split('\n').length, 1);
      assert.match(await logs('--since', '10m'), /note: first[\s\S]*deploy of release[\s\S]*note: second/);
      const older = await logs('--release', before ?? '');
      assert.ok(older.includes('note: first') && !older.includes('note: second'), older);
      assert.equal(await logs('--since', '1s', '--release', before ?? ''), '');
    });

    it('is heard as it speaks', async () => {
      const {laptop, vps} = site();
      const following = laptop.start(diary.folder, 'logs', '--env', 'production', '--follow', '--json');
      await following.line(text => text.includes('note: second'));
      await visit(vps, 'https://diary.example.com/notes', '-d', 'third');
      const {server, stream, instance, text} = JSON.parse(await following.line(line => line.includes('third')));
      assert.deepEqual([server, stream, instance, text], ['one', 'stdout', 1, 'note: third']);
      following.signal('SIGINT');
      await following.ended;
    });

    it('stops until it is started, and answers meanwhile that it does not serve', async () => {
      const {vps} = site();
      const before = await pids();
      await tako('stop', '--env', 'production');
      const {status, body} = await visit(vps, 'https://diary.example.com/');
      assert.equal(status, 503);
      assert.match(body, /DEPLOYMENT_STOPPED/);
      assert.equal((await statusOf(site(), diary)).state, 'stopped');
      await tako('servers', 'reload');
      assert.deepEqual(await pids(), [], 'a new server process does not start it either');
      await tako('start');
      const {pid} = await greetingOf(vps, 'diary');
      await tako('restart', '--env', 'production');
      const after = await greetingOf(vps, 'diary');
      assert.equal(new Set([...before, pid, after.pid]).size, 3);
    });

    it('stays stopped when it is deployed', async () => {
      await tako('stop', '--env', 'production');
      diary.write('greeting.txt', 'nobody reads this\n');
      const {stderr} = await tako('deploy');
      assert.match(stderr, /it is stopped, until "tako start"/);
      const {state, instances} = await statusOf(site(), diary);
      assert.deepEqual([state, instances], ['stopped', []]);
      await tako('start');
      assert.equal((await greetingOf(site().vps, 'diary')).greeting, 'nobody reads this');
    });

    it('ends on demand when nobody asks, and is there again when somebody does', async () => {
      const {vps} = site();
      await tako('scale', '0');
      // A new process is looked after from its start; one that was to run for ever, once in a minute.
      await tako('restart', '--env', 'production');
      const {pid} = await greetingOf(vps, 'diary');
      await eventually(async () => assert.deepEqual(await pids(), []), {everyMs: 500});
      const woken = await greetingOf(vps, 'diary');
      assert.notEqual(woken.pid, pid);
      assert.equal((await statusOf(site(), diary)).state, 'on-demand');
    });
  });
}
