import assert from 'node:assert/strict';
import {existsSync, lstatSync, readdirSync, readFileSync, renameSync, symlinkSync} from 'node:fs';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import {type Authority, openAuthority} from '../../src/ca/authority.js';
import {systemClock} from '../../src/system/clock.js';
import {requires} from '../helpers/system-parts.js';
import {type CommandResult, createTako, type Tako} from '../helpers/tako.js';
import {cli, documentOf, errorOf, start, TALKER, temporaryFolder} from './support.js';

// Commands that look at the machine. Nothing here may change it: browsers' stores are looked for in a home folder of the
// test, and no plan for a store of the system is ever carried out.

type TestTako = Tako & {readonly userHome: string};

function open(): TestTako {
  const userHome = temporaryFolder();
  const tako = createTako({HOME: userHome});
  onTestFinished(() => tako.close());
  return {...tako, userHome};
}

const settingsOf = ({home}: Tako): string => readFileSync(path.join(home, 'settings.toml'), 'utf8');
const makeAuthority = ({home}: Tako): Promise<Authority> =>
  openAuthority({folder: path.join(home, 'ca'), clock: systemClock});
const rootOf = ({home}: Tako): string => readFileSync(path.join(home, 'ca/ca.crt'), 'utf8');

describe('tako trust', () => {
  it('does nothing where nobody can be asked, and says how to go ahead', async () => {
    const tako = open();
    const {code, stdout, stderr} = await tako.run(['trust']);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^tako will run:\n {2}\S/);
    assert.match(stderr, /\[CONFIRMATION_NEEDED\]\n {2}pass --yes to go ahead\n$/);
    assert.deepEqual(readdirSync(tako.userHome), []);
  });

  it('prints one JSON document for that as well', async () => {
    assert.equal(errorOf(await open().run(['trust', '--json'])).code, 'CONFIRMATION_NEEDED');
  });

  it('with --dry-run shows the plan and changes nothing', async () => {
    const tako = open();
    const {code, stdout, stderr} = await tako.run(['trust', '--dry-run']);
    assert.deepEqual([code, stdout], [0, '']);
    assert.match(stderr, /^tako will:\n/);
    assert.match(stderr, /: not-trusted$/m);
    const {isDryRun, certificate, stores} = documentOf(await tako.run(['trust', '--dry-run', '--json']));
    assert.deepEqual([isDryRun, certificate], [true, path.join(tako.home, 'ca/ca.crt')]);
    assert.ok((stores as {state: string}[]).every(({state}) => state !== 'trusted'));
    assert.deepEqual(readdirSync(tako.userHome), []);
  });

  it('with --dry-run makes no authority, and shows that as a step; one that exists is not made again', async () => {
    const tako = open();
    assert.match(
      (await tako.run(['trust', '--dry-run'])).stderr,
      /^tako will:\n {2}- make the local authority, .*ca\.crt\n/,
    );
    assert.equal(existsSync(path.join(tako.home, 'ca')), false);
    await makeAuthority(tako);
    assert.match((await tako.run(['trust', '--dry-run'])).stderr, /^tako will run:\n {2}\S/);
  });
});

describe('tako untrust', () => {
  it('with --dry-run prints what it would do, as one JSON document', async () => {
    const {changes} = documentOf(await open().run(['untrust', '--dry-run', '--json']));
    assert.ok(Array.isArray(changes));
  });
});

describe('tako setup', () => {
  it('shows its steps and changes nothing where nobody can be asked', async () => {
    const tako = open();
    const before = settingsOf(tako);
    const {code, stderr} = await tako.run(['setup', '--zone', 'dev.example.com']);
    assert.equal(code, 1);
    assert.match(stderr, /^tako will:\n1\. make the local authority, .+dev\.example\.com\n2\. add dev/);
    assert.match(stderr, /\[CONFIRMATION_NEEDED\]/);
    assert.equal(settingsOf(tako), before);
    assert.equal(existsSync(path.join(tako.home, 'ca')), false);
  });

  it('makes an authority that may sign the zone where there is none, but not with --dry-run', async () => {
    const tako = open();
    const setup = (...flags: string[]) => tako.run(['setup', '--zone', 'dev.example.com', '--json', ...flags]);
    const plan = documentOf(await setup('--dry-run'));
    assert.equal((plan.steps as string[]).length, 2);
    assert.equal(existsSync(path.join(tako.home, 'ca')), false);
    assert.deepEqual(documentOf(await setup('--yes')).steps, plan.steps);
    assert.deepEqual(readdirSync(path.join(tako.home, 'ca')).sort(), ['ca.crt', 'ca.key']);
    assert.ok((await makeAuthority(tako)).constraints.zones.includes('dev.example.com'));
    assert.deepEqual(documentOf(await setup('--yes')).steps, []);
  });

  it('writes settings that are a symbolic link where they are', async () => {
    const tako = open();
    const file = path.join(tako.home, 'settings.toml');
    const target = path.join(tako.userHome, 'my-settings.toml');
    renameSync(file, target);
    symlinkSync(target, file);
    documentOf(await tako.run(['setup', '--zone', 'dev.example.com', '--yes', '--json']));
    assert.ok(lstatSync(file).isSymbolicLink());
    assert.match(readFileSync(target, 'utf8'), /^zones = \["dev\.example\.com"\]$/m);
  });

  it('adds the zone to root, settings and running daemon once it is agreed to, and then has nothing to do', async () => {
    const tako = open();
    await tako.dev(tako.home, ...TALKER).ready();
    const {daemon} = await tako.status();
    const before = rootOf(tako);
    const setup = (...flags: string[]) => tako.run(['setup', '--zone', 'Dev.Example.COM', '--json', ...flags]);

    const plan = documentOf(await setup('--dry-run'));
    assert.deepEqual([plan.isDryRun, plan.zone, (plan.steps as string[]).length], [true, 'dev.example.com', 3]);
    // No store has the root of this test, so none is touched by what follows.
    assert.doesNotMatch(JSON.stringify(plan.steps), /replace the old root/);
    assert.equal(rootOf(tako), before);

    assert.deepEqual(documentOf(await setup('--yes')).steps, plan.steps);
    assert.match(settingsOf(tako), /^zones = \["dev\.example\.com"\]$/m);
    assert.notEqual(rootOf(tako), before);
    assert.equal(readFileSync(path.join(tako.home, 'ca/ca.previous.crt'), 'utf8'), before);
    const now = (await tako.status()).daemon;
    assert.notEqual(now?.pid, daemon?.pid);
    assert.deepEqual(now?.zones, ['test', 'dev.example.com']);
    assert.deepEqual([now?.https.port, now?.dnsPort], [daemon?.https.port, daemon?.dnsPort]);

    assert.deepEqual(documentOf(await setup('--yes')).steps, []);
  });

  it('refuses what is no zone', async () => {
    const tako = open();
    const zones = ['', 'no zone', '*.example.com', '10.0.0.1', '::1', 'com', 'DEV.'];
    const results = await Promise.all(zones.map(zone => tako.run(['setup', '--yes', '--json', `--zone=${zone}`])));
    for (const result of results) {
      assert.equal(result.code, 1);
      assert.equal(errorOf(result).code, 'ZONE_INVALID');
    }
    assert.doesNotMatch(settingsOf(tako), /zones/);
  });

  it('takes a single label that nobody can register', async () => {
    const {zone} = documentOf(await open().run(['setup', '--zone', 'internal', '--dry-run', '--json']));
    assert.equal(zone, 'internal');
  });
});

describe.skipIf(requires('script') || process.platform !== 'linux')('a question on a terminal', () => {
  /** Runs `tako setup` on a terminal, and answers its question. */
  async function answer(tako: TestTako, text: string): Promise<CommandResult> {
    const command = cli('setup', '--zone', 'dev.example.com').join(' ');
    const env = {...process.env, TAKO_HOME: tako.home, HOME: tako.userHome};
    const {child, until, ended} = start(['script', '-qefc', command, '/dev/null'], {env});
    await until('Go ahead? [y/N]');
    child.stdin?.write(text);
    return ended;
  }

  it.each([
    ['n', 'n\n'],
    ['nothing but return', '\n'],
    ['Ctrl-C', '\x03'],
    ['Ctrl-D', '\x04'],
  ])('answered with %s changes nothing, and ends with 130', async (_, text) => {
    const tako = open();
    const {code, stdout} = await answer(tako, text);
    assert.equal(code, 130, stdout);
    assert.match(stdout, /nothing was changed \[CANCELLED\]/);
    assert.doesNotMatch(settingsOf(tako), /zones/);
  });

  it('answered with yes goes ahead', async () => {
    const tako = open();
    assert.equal((await answer(tako, 'yes\n')).code, 0);
    assert.match(settingsOf(tako), /dev\.example\.com/);
  });
});
