import assert from 'node:assert/strict';
import {beforeAll, describe, it} from 'vitest';
import type {Example} from '../../helpers/example.js';
import {visit} from '../../helpers/vps/visit.js';
import {greetingOf, openNotes, releasesOf, type Site, statusOf, TIMEOUT_MS} from './site.js';

/** A release command that goes on until the test says so. */
const UNTIL_ALLOWED = 'until rm "$TAKO_DATA_DIR/allowed" 2> /dev/null; do sleep 0.1; done';
const ALLOW =
  'touch /opt/tako/apps/notes/production/data/allowed; chmod 666 /opt/tako/apps/notes/production/data/allowed';

/** Deploys of an app that speaks the contract, one after the other and at once. */
export function describeReleases(site: () => Site): void {
  describe('releases', {timeout: TIMEOUT_MS}, () => {
    let notes: Example;
    beforeAll(async () => {
      notes = await openNotes(site(), 'notes');
    }, TIMEOUT_MS);

    it('are only planned by a dry run', async () => {
      const {laptop, vps} = site();
      const {stdout} = await laptop.tako(notes.folder, 'deploy', '--dry-run');
      assert.match(stdout, /app +notes\/production[\s\S]*servers +one[\s\S]*start +node server\.js/);
      const {stdout: status} = await laptop.tako(notes.folder, 'status', '--env', 'production');
      assert.equal(status, 'one: notes/production is not deployed');
      assert.equal((await vps.run('ls /opt/tako/apps /opt/tako/manifests')).stdout.includes('notes'), false);
    });

    it('serve by HTTP/2 and HTTP/1.1 over TLS, where plain HTTP leads too', async () => {
      const {laptop, vps} = site();
      const {stdout} = await laptop.tako(notes.folder, 'deploy');
      const [, release] = /^release ([0-9a-f]{12}) serves https:\/\/notes\.example\.com$/.exec(stdout) ?? [];
      const {pid, ...greeting} = await greetingOf(vps, 'notes');
      assert.deepEqual(greeting, {greeting: 'hello', environment: 'production', release});
      assert.ok(pid > 0);
      const newer = await visit(vps, 'https://notes.example.com/', '--http2');
      const older = await visit(vps, 'https://notes.example.com/', '--http1.1');
      assert.deepEqual([newer.version, newer.status, older.version, older.status], ['2', 200, '1.1', 200]);
      const {status, headers} = await visit(vps, 'http://notes.example.com/notes?a=b');
      assert.deepEqual([status, headers.get('location')], [308, 'https://notes.example.com/notes?a=b']);
    });

    it('send only what changed, and say how little that is', async () => {
      const {laptop, vps} = site();
      const before = await greetingOf(vps, 'notes');
      notes.write('greeting.txt', 'good morning\n');
      const {stderr} = await laptop.tako(notes.folder, 'deploy');
      const [, files, kibibytes] = /uploaded (\d+) files, \d+ KiB as (\d+) KiB/.exec(stderr) ?? [];
      assert.deepEqual([Number(files), Number(kibibytes)], [2, 1], 'the file and what differs in the manifest');
      const {greeting, release, pid} = await greetingOf(vps, 'notes');
      assert.equal(greeting, 'good morning');
      assert.ok(release !== before.release && pid !== before.pid);
    });

    it('of the same source are the same, and leave what runs alone', async () => {
      const {laptop, vps} = site();
      const before = await greetingOf(vps, 'notes');
      await laptop.tako(notes.folder, 'deploy');
      assert.deepEqual(await greetingOf(vps, 'notes'), before);
      assert.equal((await releasesOf(site(), notes)).length, 2);
    });

    it('can be gone back to, without a name and by it', async () => {
      const {laptop, vps} = site();
      const [second, first] = await releasesOf(site(), notes);
      assert.ok(first && second);
      await laptop.tako(notes.folder, 'rollback');
      assert.equal((await greetingOf(vps, 'notes')).release, first.id);
      const {stdout} = await laptop.tako(notes.folder, 'releases');
      const [newer = '', older = ''] = stdout.split('\n');
      assert.deepEqual([newer.slice(0, 14), older.slice(0, 14)], [`  ${second.id}`, `* ${first.id}`]);
      assert.match(newer, / someone@\S+$/);
      const again = await laptop.attempt(notes.folder, 'rollback');
      assert.match(again.stderr, /NOTHING_TO_ROLL_BACK/);
      await laptop.tako(notes.folder, 'rollback', second.id);
      assert.equal((await greetingOf(vps, 'notes')).release, second.id);
      const unknown = await laptop.attempt(notes.folder, 'rollback', 'abcdef012345');
      assert.equal(unknown.exitCode, 1);
      assert.match(unknown.stderr, /no release abcdef012345 on one; nothing was changed \[NO_SUCH_RELEASE\]/);
    });

    it('are deployed one at a time, and who comes second is told of the first', async () => {
      const {laptop, vps} = site();
      const other = await openNotes(site(), 'notes');
      other.write('greeting.txt', 'good evening\n');
      notes.edit('tako.toml', 'ssl =', `release = '${UNTIL_ALLOWED}'\nssl =`);
      notes.write('greeting.txt', 'good day\n');
      const first = laptop.start(notes.folder, 'deploy', '--json');
      await first.line(text => isStep(text, 'release-command'));
      const second = await laptop.attempt(other.folder, 'deploy');
      assert.equal(second.exitCode, 1);
      assert.doesNotMatch(second.stderr, /copied|uploaded/, 'it is not even built');
      assert.match(second.stderr, /\[DEPLOY_UNDER_WAY\]\n +by someone@\S+, since 2\d{3}-/);
      await vps.run(ALLOW);
      assert.equal((await first.ended).exitCode, 0);
      assert.equal((await greetingOf(vps, 'notes')).greeting, 'good day');
      assert.equal((await releasesOf(site(), notes)).length, 3, 'what was refused is not there');
    });

    it('go on without who deploys them, who may come back to them', async () => {
      const {laptop, vps} = site();
      notes.write('greeting.txt', 'good night\n');
      const first = laptop.start(notes.folder, 'deploy', '--json');
      await first.line(text => isStep(text, 'release-command'));
      first.signal('SIGINT');
      const left = await first.ended;
      assert.equal(left.exitCode, 130);
      assert.match(left.stdout, /INTERRUPTED.*goes on at one.*tako deploy/);
      const {job} = await statusOf(site(), notes);
      assert.ok(job, 'it is still under way');
      const second = laptop.start(notes.folder, 'deploy', '--json');
      await second.line(text => isStep(text, 'release-command'));
      await vps.run(ALLOW);
      const {exitCode, stdout} = await second.ended;
      assert.equal(exitCode, 0, stdout);
      const events = stdout.split('\n').map(line => JSON.parse(line));
      const started = events.filter(({type}) => type === 'job-started').map(({step}) => step);
      assert.deepEqual(started, ['prepare', 'release-command', 'start', 'health', 'switch', 'drain', 'finalize']);
      const {greeting, release} = await greetingOf(vps, 'notes');
      assert.deepEqual([greeting, release], ['good night', job.release]);
      const {stdout: log} = await laptop.tako(notes.folder, 'logs', '--env', 'production', '-n', '1000');
      assert.equal(log.match(new RegExp(`deploy of release ${release} .* begins`, 'g'))?.length, 1);
    });

    it('go with their app', async () => {
      const {laptop, vps} = site();
      await laptop.tako(notes.folder, 'delete', '--yes');
      assert.equal((await visit(vps, 'http://notes.example.com/')).status, 421);
      // Contents stay for a while, without a name, as an upload that is under way may count on them.
      assert.equal((await vps.run('grep -rl "good night" /opt/tako --exclude-dir objects')).stdout, '');
      assert.equal((await vps.run('find /opt/tako -name "*notes*" -not -path "*/self-signed/*"')).stdout, '');
      // It may come back as if it had never been.
      notes.edit('tako.toml', `release = '${UNTIL_ALLOWED}'`, '');
      await laptop.tako(notes.folder, 'deploy');
      assert.equal((await releasesOf(site(), notes)).length, 1);
      await laptop.tako(notes.folder, 'delete', '--yes');
    });
  });
}

const isStep = (text: string, step: string): boolean => {
  const event = JSON.parse(text) as {type: string; step?: string};
  return event.type === 'job-started' && event.step === step;
};
