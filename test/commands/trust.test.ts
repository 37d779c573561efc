import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {X509Certificate} from 'node:crypto';
import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, beforeEach, describe, it} from 'vitest';
import {type Authority, loadAuthority} from '../../src/ca/authority.js';
import {takoRoots} from '../../src/ca/trust/stored-certificates.js';
import {systemClock} from '../../src/system/clock.js';
import {PRIVATE_STORE_PARTS, type PrivateStore, startPrivateStore} from '../helpers/private-store.js';
import {isSoak} from '../helpers/soak.js';
import {requires} from '../helpers/system-parts.js';

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');
const KILL_AT = path.resolve(import.meta.dirname, '../fixtures/kill-at.mjs');
const TIMEOUT_MS = 600_000;
const ANCHORS = '/usr/local/share/ca-certificates';
const NOBODY = '65534';
const isMissing = requires(...PRIVATE_STORE_PARTS, 'certutil', 'setpriv');

type Outcome = {readonly code: number | string; readonly stdout: string; readonly stderr: string};
type Recorded = {readonly rotatedFrom?: string; readonly installed: readonly {readonly fingerprint: string}[]};

// The system's store of a view of this machine, Chromium's store, and the command in a home of its own.

let store: PrivateStore;
let home: string;
let hooks: string | undefined;

beforeAll(async () => {
  if (isMissing) return;
  store = await startPrivateStore();
  // The hooks of other packages have nothing to do with it, and take their time.
  hooks = mkdtempSync(path.join(tmpdir(), 'tako-hooks-'));
  await store.run({file: 'mount', args: ['--bind', hooks, '/etc/ca-certificates/update.d']});
}, TIMEOUT_MS);
afterAll(async () => {
  await store?.end();
  if (hooks) rmSync(hooks, {recursive: true});
});
beforeEach(async () => {
  if (isMissing) return undefined;
  home = mkdtempSync(path.join(tmpdir(), 'tako-rotate-'));
  mkdirSync(path.join(home, 'tako'));
  const trusted = await tako('trust', '--yes');
  assert.equal(trusted.code, 0, trusted.stderr);
  return async () => {
    await tako('untrust', '--yes');
    rmSync(home, {recursive: true, force: true});
  };
});

const tako = (...args: string[]): Promise<Outcome> => takoWith({}, ...args);

const takoWith = (environment: NodeJS.ProcessEnv, ...args: string[]): Promise<Outcome> =>
  outcomeOf(['node', '--import', KILL_AT, CLI, ...args], environment);

/** As a user that may not become root, whose home it is for that time. */
async function takoUnprivileged(...args: string[]): Promise<Outcome> {
  await store.run({file: 'chown', args: ['-R', NOBODY, home]});
  await store.run({file: 'chmod', args: ['755', home]});
  const command = ['setpriv', '--reuid', NOBODY, '--clear-groups', process.execPath, CLI, ...args];
  const outcome = await outcomeOf(command, {PATH: '/usr/bin:/bin'});
  await store.run({file: 'chown', args: ['-R', '0', home]});
  return outcome;
}

async function outcomeOf(command: readonly string[], environment: NodeJS.ProcessEnv): Promise<Outcome> {
  const [file, ...args] = [...store.enter, ...command] as [string, ...string[]];
  const env = {...process.env, HOME: home, TAKO_HOME: path.join(home, 'tako'), NO_COLOR: '1', ...environment};
  try {
    return {code: 0, ...(await promisify(execFile)(file, args, {env}))};
  } catch (error) {
    const {code, signal, stdout, stderr} = error as Outcome & {signal: string};
    return {code: code ?? signal, stdout, stderr};
  }
}

async function authority(): Promise<Authority> {
  const loaded = await loadAuthority({folder: path.join(home, 'tako/ca'), clock: systemClock});
  assert.ok(loaded);
  return loaded;
}

async function inUse(): Promise<string> {
  return (await authority()).root.certificate.fingerprint256;
}

/** The fingerprints of tako's roots in each store, as its clients see it. */
async function stored(): Promise<{system: string[]; chromium: string[]}> {
  const bundle = readFileSync(path.join(store.root, 'etc/ssl/certs/ca-certificates.crt'), 'utf8');
  const database = ['-d', `sql:${path.join(home, '.pki/nssdb')}`];
  const list = await store.run({file: 'certutil', args: ['-L', ...database]});
  const names = [...list.stdout.matchAll(/^(tako-\S+) +C,,/gm)].map(([, name = '']) => name);
  const listed = names.map(name => store.run({file: 'certutil', args: ['-L', ...database, '-n', name, '-a']}));
  const chromium = (await Promise.all(listed)).map(({stdout}) => new X509Certificate(stdout).fingerprint256);
  return {system: takoRoots(bundle).map(({fingerprint256}) => fingerprint256), chromium};
}

const recordOf = (): Recorded => JSON.parse(readFileSync(path.join(home, 'tako/trust.json'), 'utf8'));

async function assertComplete(old: string): Promise<void> {
  const now = await inUse();
  assert.notEqual(now, old);
  assert.deepEqual(await stored(), {system: [now], chromium: [now]});
  assert.deepEqual(
    readdirSync(path.join(store.root, ANCHORS)).filter(file => file.startsWith('tako-')).length,
    1,
    'one file is left',
  );
  for (const file of ['ca.next.crt', 'ca.next.key']) assert.ok(!existsSync(path.join(home, 'tako/ca', file)), file);
  const record = recordOf();
  assert.equal(record.rotatedFrom, undefined);
  assert.equal(record.installed.length, 2);
  const fingerprint = now.replaceAll(':', '').toLowerCase();
  assert.ok(record.installed.every(installation => installation.fingerprint === fingerprint));
}

describe.skipIf(isMissing)('a rotation of the root', {timeout: TIMEOUT_MS}, () => {
  it('puts a root with a new key into every store that had the old one, and takes that out', async () => {
    const old = await inUse();
    const key = readFileSync(path.join(home, 'tako/ca/ca.key'), 'utf8');
    const preview = await tako('trust', '--rotate', '--dry-run');
    assert.match(preview.stderr, /make a new root certificate[\s\S]*put the new one into: system store[^\n]*Chromium/);
    assert.equal(await inUse(), old);
    assert.ok(!existsSync(path.join(home, 'tako/ca/ca.next.key')), 'a dry run makes nothing');

    const rotated = await tako('trust', '--rotate', '--yes', '--json');
    assert.equal(rotated.code, 0, rotated.stderr);
    const {stores} = JSON.parse(rotated.stdout) as {stores: {store: string; state: string}[]};
    assert.deepEqual(
      stores.filter(({store: name}) => !name.startsWith('Java')).map(({state}) => state),
      ['trusted', 'trusted'],
    );
    await assertComplete(old);
    assert.notEqual(readFileSync(path.join(home, 'tako/ca/ca.key'), 'utf8'), key);
  });

  it('cut short before any of its changes keeps a root that the stores trust, and the next run completes it', async () => {
    const counted = path.join(home, 'changes');
    await takoWith({TAKO_CHANGES: counted}, 'trust', '--rotate', '--yes');
    const changes = Number(readFileSync(counted, 'utf8'));
    assert.ok(changes >= 15, String(changes));
    for (let killAt = 1; killAt <= changes; killAt += isSoak ? 1 : 5) {
      const old = await inUse();
      const killed = await takoWith({TAKO_KILL_AT: String(killAt)}, 'trust', '--rotate', '--yes');
      assert.notEqual(killed.code, 0, `${killAt}: ${killed.stderr}`);
      const used = await inUse();
      const {system, chromium} = await stored();
      assert.ok(system.includes(used) && chromium.includes(used), `${killAt}: what is in use is trusted`);
      const completed = await tako('trust', '--rotate', '--yes');
      assert.equal(completed.code, 0, `${killAt}: ${completed.stderr}`);
      await assertComplete(old);
    }
  });

  it('leaves the old root in use when rights are refused', async () => {
    const old = await inUse();
    const refused = await takoUnprivileged('trust', '--rotate', '--yes');
    assert.equal(refused.code, 3, refused.stderr);
    assert.match(refused.stderr, /the root certificate was not replaced: administrator rights were refused/);
    assert.match(refused.stderr, /done all the same: Chromium/);
    assert.equal(await inUse(), old);
    assert.deepEqual((await stored()).system, [old]);
    await tako('trust', '--rotate', '--yes');
    await assertComplete(old);
  });
});

describe.skipIf(isMissing)('another zone', {timeout: TIMEOUT_MS}, () => {
  const setup = ['setup', '--zone', 'dev.example.com', '--yes'];

  it('leaves the old root in use when rights are refused', async () => {
    const old = await inUse();
    const refused = await takoUnprivileged(...setup);
    assert.equal(refused.code, 3, refused.stderr);
    assert.equal(await inUse(), old);
    assert.deepEqual((await stored()).system, [old]);
  });

  it('has a new root with a new key, which takes the place of the old one in every store', async () => {
    const old = await inUse();
    const added = await tako(...setup);
    assert.equal(added.code, 0, added.stderr);
    assert.match(added.stderr, /put it in the place of the old one in: system store[^\n]*Chromium/);
    assert.ok((await authority()).constraints.zones.includes('dev.example.com'));
    await assertComplete(old);
  });
});

describe.skipIf(isMissing)('without administrator rights', {timeout: TIMEOUT_MS}, () => {
  it("trusts and untrusts in the user's own stores all the same, says so, and ends with 3", async () => {
    const root = await inUse();
    const untrusted = await takoUnprivileged('untrust', '--yes');
    assert.equal(untrusted.code, 3, untrusted.stderr);
    assert.match(untrusted.stderr, /\[ELEVATION_REFUSED\][\s\S]*done all the same: Chromium/);
    assert.deepEqual(await stored(), {system: [root], chromium: []});
    assert.equal(recordOf().installed.length, 1, 'what is still in a store is on record');

    const trusted = await takoUnprivileged('trust', '--yes');
    assert.equal(trusted.code, 0, 'there is nothing left to do that needs rights');
    assert.deepEqual(await stored(), {system: [root], chromium: [root]});

    assert.equal((await tako('untrust', '--yes')).code, 0);
    const again = await takoUnprivileged('trust', '--yes');
    assert.equal(again.code, 3, again.stderr);
    assert.deepEqual(await stored(), {system: [], chromium: [root]});
  });
});
