import assert from 'node:assert/strict';
import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {afterEach, beforeAll, describe, it} from 'vitest';
import type {ServerInfo} from '../../src/control/server-methods.js';
import {eventually} from '../helpers/eventually.js';
import type {Example} from '../helpers/example.js';
import {requires} from '../helpers/system-parts.js';
import {visit} from '../helpers/vps/visit.js';
import type {Vps} from '../helpers/vps/vps.js';
import {DEPLOY_PARTS, greetingOf, openNotes, shareSite, statusOf, TIMEOUT_MS} from './deploy/site.js';

// A server from nothing to nothing, by a user who is not root and may use sudo.

describe.skipIf(requires(...DEPLOY_PARTS))('a server', {timeout: TIMEOUT_MS}, () => {
  const site = shareSite('one');
  const tako = (...args: string[]) => site().laptop.tako(site().laptop.projects, ...args);
  const inside = async (command: string): Promise<string> => (await site().vps.run(command)).stdout;
  const infoOf = async (): Promise<ServerInfo> =>
    JSON.parse((await tako('servers', 'status', '--json')).stdout).servers[0].info;
  const holderOf = async () => {
    const [pid = '', command = ''] = (
      await inside("ps -eo pid=,args= | grep '[s]erver.mjs hold' | sed 's/^ *//; s/ /\\n/'")
    ).split('\n');
    return {pid, command};
  };
  const add = ['servers', 'add', 'deploy@one-deploy', '--name', 'one', '--yes'] as const;
  let before = '';
  let notes: Example;
  beforeAll(async () => {
    before = await eventually(async () => {
      const seen = await inside(EVERYTHING);
      // Its init becomes that when it has started all else.
      assert.match(seen, /^root +cat$/m);
      return seen;
    });
    notes = await openNotes(site(), 'notes');
  });
  afterEach(async context => {
    if (context.task.result?.state === 'fail') console.error(await inside('tail -n 20 /opt/tako/service/*.log'));
  });

  it('is left alone by a dry run, which says what would be done', async () => {
    const {stderr, stdout} = await tako(...add, '--dry-run');
    assert.match(`${stdout}${stderr}`, /in \/opt\/tako, tako will:[\s\S]*make the user tako/);
    assert.equal(await inside(EVERYTHING), before);
    assert.match((await tako('servers', 'list')).stderr, /no servers yet/);
  });

  it('is added from nothing, with sudo', async () => {
    const {stderr} = await tako(...add);
    assert.match(stderr, /one is ready, with tako \d/);
    assert.match((await tako('servers', 'list')).stdout, /^one: deploy@one-deploy, linux-\w+, in \/opt\/tako$/);
    const {isIsolated, httpPort, httpsPort, pid} = await infoOf();
    assert.deepEqual({isIsolated, httpPort, httpsPort}, {isIsolated: true, httpPort: 80, httpsPort: 443});
    assert.equal((await inside(`stat -c %U /proc/${pid}`)).trim(), 'tako', 'what the network talks to is not root');
  });

  it('is added once more without a change, and repaired', async () => {
    const {pid} = await infoOf();
    const again = await tako(...add);
    assert.match(again.stderr, /everything is in its place/);
    await site().vps.run('rm /opt/tako/bin/tako-server');
    const repair = await tako(...add);
    assert.match(repair.stderr, /tako will:\n {2}- write bin\/tako-server\n(?! {2}-)/);
    assert.equal((await infoOf()).pid, pid);
  });

  it('is reloaded and upgraded below apps that go on', async () => {
    const {laptop, vps} = site();
    await laptop.tako(notes.folder, 'deploy');
    const other = makeUnmodified(laptop.projects);
    await laptop.tako(other, 'deploy');
    const app = await greetingOf(vps, 'notes');
    const unmodified = await pidOfUnmodified(vps);
    const first = await infoOf();
    await tako('servers', 'reload');
    const second = await infoOf();
    const holder = await holderOf();
    laptop.useVersion('97.0.0');
    const {stderr} = await tako('servers', 'upgrade', '--yes');
    assert.match(stderr, /one runs tako 97\.0\.0/);
    const third = await infoOf();
    assert.equal(new Set([first.pid, second.pid, third.pid]).size, 3);
    assert.deepEqual([second.version, third.version], [first.version, '97.0.0']);
    assert.deepEqual(await greetingOf(vps, 'notes'), app);
    assert.equal(await pidOfUnmodified(vps), unmodified);
    await laptop.tako(other, 'delete', '--yes');
    const upgraded = await holderOf();
    assert.equal(upgraded.pid, holder.pid, 'the holder is the same process');
    assert.match(upgraded.command, /\/versions\/97\.0\.0-/, 'and another program');
    const {instances} = await statusOf(site(), notes);
    assert.equal(instances.length, 1);
    assert.ok((instances[0]?.memoryBytes ?? 0) > 10_000_000, JSON.stringify(instances));
    notes.write('greeting.txt', 'hello from a new version\n');
    await laptop.tako(notes.folder, 'deploy');
    assert.equal((await greetingOf(vps, 'notes')).greeting, 'hello from a new version');
    assert.match(
      await inside(`grep State: /proc/${app.pid}/status 2> /dev/null || echo gone`),
      /^State:\tZ|gone/,
      'the old one was ended',
    );
  });

  it('goes on with a command that runs when it is reloaded', async () => {
    const {laptop} = site();
    const script = 'echo begin; sleep 5; echo end $ENV; exit 3';
    const command = laptop.start(notes.folder, 'exec', '--', 'sh', '-c', script);
    await command.line(line => line === 'begin');
    const {pid} = await infoOf();
    await tako('servers', 'reload');
    assert.notEqual((await infoOf()).pid, pid);
    const {exitCode, stdout} = await command.ended;
    assert.deepEqual([exitCode, stdout.trim().split('\n')], [3, ['begin', 'end production']]);
  });

  it('has nothing of an app that is deleted: no user, data, certificate, log or process', async () => {
    const {laptop, vps} = site();
    const traces =
      'grep -c "^tako-[0-9a-f]*:" /etc/passwd; ls /opt/tako/apps /opt/tako/logs /opt/tako/state/self-signed';
    assert.match(await inside(traces), /^1\n[\s\S]*notes/);
    await laptop.tako(
      notes.folder,
      'exec',
      '--',
      'sh',
      '-c',
      'echo mine > $TAKO_DATA_DIR/file; echo mine > /tmp/of-notes',
    );
    await laptop.tako(notes.folder, 'delete', '--yes');
    assert.doesNotMatch(await inside(traces), /^[1-9]|notes/);
    assert.equal((await inside('ls /tmp | grep of-notes; ps -eo args | grep "[s]erver.mjs$"')).trim(), '');
    await laptop.tako(notes.folder, 'deploy');
    assert.equal((await greetingOf(vps, 'notes')).greeting, 'hello from a new version');
  });

  it('is as it was when tako is taken off it', async () => {
    const {laptop, vps} = site();
    await tako('servers', 'remove', 'one', '--yes');
    assert.equal(await inside(EVERYTHING), before);
    await assert.rejects(visit(vps, 'http://notes.example.com/'), /curl/);
    assert.match((await tako('servers', 'list')).stderr, /no servers yet/);
    assert.match((await laptop.attempt(notes.folder, 'deploy')).stderr, /one/);
  });
});

/** What an installation could leave: folders, accounts, processes beside those that look. */
const EVERYTHING = `ls -A /opt /etc/systemd/system /etc/cron.d /var/spool/cron/crontabs /etc/sysctl.d /run 2> /dev/null
cat /etc/passwd /etc/group; cat /etc/rc.local 2> /dev/null; ps -eo user,args | grep -v -E 'ps -eo|grep|sshd|^root +sh -c'`;

/** An app that knows nothing of tako: where it listens is found out by what it reports. */
function makeUnmodified(folder: string): string {
  const project = path.join(folder, 'unmodified');
  mkdirSync(project);
  const files = {
    'package.json': '{"name": "unmodified", "type": "module", "scripts": {"start": "node server.js"}}',
    'server.js': `import {createServer} from 'node:http';
createServer((_, response) => response.end(String(process.pid))).listen(process.env.PORT);`,
    'tako.toml':
      'name = "unmodified"\nstability = 0\nhealth = "/"\n\n[envs.production]\nroute = "unmodified.example.com"\nservers = ["one"]\n',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(project, name), text);
  return project;
}

async function pidOfUnmodified(vps: Vps): Promise<number> {
  const {status, body} = await visit(vps, 'https://unmodified.example.com/');
  assert.equal(status, 200, body);
  return Number(body);
}
