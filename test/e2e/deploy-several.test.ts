import assert from 'node:assert/strict';
import {beforeAll, describe, it} from 'vitest';
import type {Example} from '../helpers/example.js';
import {isSoak} from '../helpers/soak.js';
import {requires} from '../helpers/system-parts.js';
import {DEPLOY_PARTS, greetingOf, openNotes, shareSite, TIMEOUT_MS} from './deploy/site.js';

// One app on two servers. (Under soak: it takes as long as the others together, and what it shows is the client's part.)

describe.skipIf(!isSoak || requires(...DEPLOY_PARTS))('two servers', {timeout: TIMEOUT_MS}, () => {
  const site = shareSite('one', 'two');
  let notes: Example;
  const greetings = () => Promise.all(site().servers.map(server => greetingOf(server, 'notes')));
  const commandsRun = () =>
    Promise.all(
      site().servers.map(async server => (await server.run('cat /opt/tako/apps/notes/production/data/ran')).stdout),
    );
  beforeAll(async () => {
    const {laptop} = site();
    for (const name of ['one', 'two']) await laptop.tako(laptop.projects, 'servers', 'add', `root@${name}`, '--yes');
    notes = await openNotes(site(), 'notes');
    notes.edit('tako.toml', '["one"]', '["one", "two"]');
    notes.edit('tako.toml', 'ssl =', `release = 'echo "$TAKO_BUILD" >> "$TAKO_DATA_DIR/ran"'\nssl =`);
  }, TIMEOUT_MS);

  it('get the same release, and the first runs its release command', async () => {
    const {stdout} = await site().laptop.tako(notes.folder, 'deploy');
    const [one, two] = await greetings();
    assert.ok(one && two);
    const line = (server: string): string => `${server}: release ${one.release} serves https://notes.example.com`;
    assert.equal(stdout, `${line('one')}\n${line('two')}`);
    assert.equal(one.release, two.release);
    assert.deepEqual(await commandsRun(), [one.release, '']);
  });

  it('both keep their release when the release command fails', async () => {
    const {laptop} = site();
    const before = await greetings();
    const good = notes.read('tako.toml');
    notes.edit('tako.toml', 'echo "$TAKO_BUILD"', 'echo "no database" >&2; exit 3; echo "$TAKO_BUILD"');
    const {exitCode, stderr} = await laptop.attempt(notes.folder, 'deploy');
    assert.equal(exitCode, 1);
    assert.match(stderr, /one: failed at release-command/);
    assert.match(stderr, /ended with code 3 \[RELEASE_COMMAND_FAILED\]\n +no database/);
    assert.match(stderr, /not deployed, as the release command did not succeed on one \[DEPLOY_NOT_BEGUN\]/);
    assert.deepEqual(await greetings(), before);
    notes.write('tako.toml', good);
  });

  it('answer each for itself', async () => {
    const {laptop} = site();
    const {stdout} = await laptop.tako(notes.folder, 'scale', '2', '--server', 'two');
    assert.match(stdout, /^two: running, 2 of 2 ready/);
    const {stdout: status} = await laptop.tako(notes.folder, 'status', '--env', 'production');
    assert.match(
      status,
      /^one: running, 1 of 1 ready.*\n {2}#1: ready, pid \d+, [\d.]+ MB\ntwo: running, 2 of 2 ready/,
    );
    const follow = await laptop.attempt(notes.folder, 'exec', 'true');
    assert.match(follow.stderr, /SERVERS_MISSING/);
  });

  it('do not wait for one that is away, of which the exit code tells', async () => {
    const {laptop, servers} = site();
    const [one, two] = servers;
    assert.ok(one && two);
    notes.write('greeting.txt', 'good morning\n');
    await two.cutNetwork();
    const {exitCode, stdout, stderr} = await laptop.attempt(notes.folder, 'deploy');
    assert.equal(exitCode, 1);
    assert.match(stdout, /^one: release [0-9a-f]{12} serves https:\/\/notes\.example\.com$/);
    assert.match(stderr, /two: failed/);
    assert.equal((await greetingOf(one, 'notes')).greeting, 'good morning');
    await two.restoreNetwork();
    await laptop.tako(notes.folder, 'deploy');
    assert.equal((await greetingOf(two, 'notes')).greeting, 'good morning');
  });

  it('go back all or none', async () => {
    const {laptop, servers} = site();
    const [, two] = servers;
    assert.ok(two);
    const before = await greetings();
    await two.cutNetwork();
    const refused = await laptop.attempt(notes.folder, 'rollback');
    await two.restoreNetwork();
    assert.equal(refused.exitCode, 1);
    assert.match(refused.stderr, /root@two cannot be reached.*\[SSH_UNREACHABLE\]/);
    assert.deepEqual(await greetings(), before);
    const {stdout} = await laptop.tako(notes.folder, 'rollback');
    const [first, second] = await greetings();
    assert.ok(first && first.release !== before[0]?.release && first.release === second?.release);
    assert.equal(stdout, `one: release ${first.release} serves\ntwo: release ${first.release} serves`);
    await laptop.tako(notes.folder, 'rollback', before[0]?.release ?? '');
  });

  it('get nothing when the one is away that runs the release command', async () => {
    const {laptop, servers} = site();
    const [one, two] = servers;
    assert.ok(one && two);
    notes.write('greeting.txt', 'good evening\n');
    await one.cutNetwork();
    const {exitCode, stderr} = await laptop.attempt(notes.folder, 'deploy');
    assert.equal(exitCode, 1);
    assert.match(stderr, /one/);
    assert.equal((await greetingOf(two, 'notes')).greeting, 'good morning');
    await one.restoreNetwork();
  });
});
