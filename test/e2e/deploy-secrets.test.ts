import assert from 'node:assert/strict';
import {mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {beforeAll, describe, it} from 'vitest';
import {requires} from '../helpers/system-parts.js';
import {visit} from '../helpers/vps/visit.js';
import {DEPLOY_PARTS, shareSite, TIMEOUT_MS} from './deploy/site.js';

// Secrets on their way to a server and there, by the commands that a user would type.

/** Answers with what it was given; does not come up with a value that it cannot use. */
const TELLER = `import {createServer} from 'node:http';
import {readFileSync} from 'node:fs';
const {secrets} = JSON.parse(readFileSync(3, 'utf8'));
const {API_KEY} = secrets;
console.log('starting with ' + API_KEY + ', which is ' + process.env.API_KEY);
if (API_KEY?.startsWith('broken')) throw new Error('cannot use ' + API_KEY);
createServer((request, response) => {
  response.end(JSON.stringify({pid: process.pid, given: API_KEY, set: process.env.API_KEY}));
}).listen(process.env.PORT, '127.0.0.1');
`;

const TOML = `name = "teller"
main = "app.mjs"
release = "echo releasing with $API_KEY"
stability = "0s"
[envs.production]
route = "teller.example.com"
ssl = "internal"
servers = ["one"]
`;

const FIRST = 'canary-first-0123456789';
const SECOND = 'canary-second-0123456789';

describe.skipIf(requires(...DEPLOY_PARTS))('secrets on a server', {timeout: TIMEOUT_MS}, () => {
  const site = shareSite('one');
  let folder: string;
  const tako = (...args: string[]) => site().laptop.tako(folder, ...args);
  const attempt = (...args: string[]) => site().laptop.attempt(folder, ...args);
  const ask = async () => JSON.parse((await visit(site().vps, 'https://teller.example.com/')).body);
  /** All that commands have printed. */
  const printed: string[] = [];

  async function setKey(value: string): Promise<void> {
    const file = path.join(folder, 'import.env');
    writeFileSync(file, `API_KEY=${value}\n`);
    await tako('secrets', 'import', file, '--env', 'production', '--yes');
    rmSync(file);
  }

  beforeAll(async () => {
    const {laptop} = site();
    folder = path.join(laptop.projects, 'teller');
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'app.mjs'), TELLER);
    writeFileSync(path.join(folder, 'tako.toml'), TOML);
    await laptop.tako(laptop.projects, 'servers', 'add', 'root@one', '--yes');
    await setKey(FIRST);
  }, TIMEOUT_MS);

  it('come with a deploy, in both ways', async () => {
    const {stdout, stderr} = await tako('deploy', '--json');
    printed.push(stdout, stderr);
    assert.match(stdout, /releasing with \*\*\*API_KEY\*\*\*/);
    const {given, set} = await ask();
    assert.deepEqual([given, set], [FIRST, FIRST]);
  });

  it('are left alone by a deploy and a sync where they are the same', async () => {
    const {pid} = await ask();
    await tako('deploy');
    const {stdout} = await tako('secrets', 'sync', '--json');
    assert.equal(JSON.parse(stdout).environments[0].servers[0].changed, false);
    assert.equal((await ask()).pid, pid);
  });

  it('come with a sync, for fresh processes of the same release', async () => {
    const before = await ask();
    await setKey(SECOND);
    const {stdout} = await tako('secrets', 'sync', '--env', 'production', '--json');
    printed.push(stdout);
    assert.deepEqual(JSON.parse(stdout).environments[0].servers, [
      {server: 'one', ok: true, changed: true, names: ['API_KEY']},
    ]);
    const after = await ask();
    assert.deepEqual([after.given, after.set], [SECOND, SECOND]);
    assert.notEqual(after.pid, before.pid);
  });

  it('are there for commands that are run beside, and after a reload', async () => {
    assert.equal((await tako('exec', '--', 'sh', '-c', 'expr length "$API_KEY"')).stdout, String(SECOND.length));
    await tako('servers', 'reload');
    assert.equal((await ask()).given, SECOND);
    await tako('restart', '--env', 'production');
    assert.equal((await ask()).given, SECOND);
  });

  it('with which nothing becomes ready change nothing, and a sync says so', async () => {
    await setKey('broken-canary-0123456789');
    const {exitCode, stdout} = await attempt('secrets', 'sync', '--json');
    printed.push(stdout);
    const {ok, environments} = JSON.parse(stdout);
    assert.deepEqual([exitCode, ok, environments[0].servers[0].error.code], [1, false, 'SECRETS_NOT_APPLIED']);
    assert.equal((await ask()).given, SECOND);
    await setKey(SECOND);
  });

  it('are not sent at all where one of them cannot be decrypted', async () => {
    const keys = path.join(site().laptop.home, 'keys');
    renameSync(keys, `${keys}-away`);
    for (const args of [['deploy'], ['secrets', 'sync']]) {
      const {exitCode, stdout} = await attempt(...args, '--json');
      assert.equal(exitCode, 1);
      assert.match(stdout, /SECRET_KEY_MISSING/);
    }
    renameSync(`${keys}-away`, keys);
    const file = path.join(folder, '.tako', 'secrets.json');
    renameSync(file, `${file}.away`);
    const {stdout} = await attempt('deploy', '--json');
    assert.match(stdout, /SECRETS_NOT_HERE/);
    renameSync(`${file}.away`, file);
    assert.equal((await ask()).given, SECOND);
  });

  it('are nowhere in the open, there and here', async () => {
    const {vps, laptop} = site();
    for (const args of [['status', '--env', 'production'], ['logs', '--env', 'production'], ['releases']]) {
      const {stdout, stderr} = await tako(...args, '--json');
      printed.push(stdout, stderr);
    }
    assert.ok(printed.some(text => text.includes('starting with ***API_KEY***')));
    assert.deepEqual(
      printed.filter(text => text.includes('canary-')),
      [],
    );
    const named = await vps.run('grep -rlE "teller/production" /opt/tako; true');
    assert.notEqual(named.stdout, '', 'something of the app is there');
    const environments = await vps.run('grep -lE "canary-second" /proc/[0-9]*/environ; true');
    assert.notEqual(environments.stdout, '', 'its process has it');
    const found = await vps.run(
      'grep -rlE "canary-(first|second)|broken-canary" /opt/tako /var/log /tmp 2>/dev/null; true',
    );
    assert.equal(found.stdout, '');
    const arguments_ = await vps.run(
      'grep -lE "canary-(first|second)" /proc/[0-9]*/cmdline 2>/dev/null | grep -v self; true',
    );
    assert.equal(arguments_.stdout, '');
    const files = [laptop.home, folder].flatMap(root =>
      readdirSync(root, {recursive: true, encoding: 'utf8'}).map(file => path.join(root, file)),
    );
    const plain = files.filter(file => statSync(file).isFile() && readFileSync(file).includes('canary-'));
    assert.deepEqual(plain, []);
  });
});
