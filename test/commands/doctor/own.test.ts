import assert from 'node:assert/strict';
import {chmodSync, mkdirSync, statSync, utimesSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'vitest';
import {openAuthority} from '../../../src/ca/authority.js';
import {attempt} from '../../../src/commands/doctor/attempt.js';
import {checkAuthority, checkClock, readClock} from '../../../src/commands/doctor/authority.js';
import {checkDaemon, readDaemon} from '../../../src/commands/doctor/daemon.js';
import {checkSpace, readSpace} from '../../../src/commands/doctor/disk.js';
import {checkModes, closeFile, isTooOpen, readModes} from '../../../src/commands/doctor/file-modes.js';
import {checkInotify, readInotify} from '../../../src/commands/doctor/inotify.js';
import {checkNode} from '../../../src/commands/doctor/node-version.js';
import {checkPlatform, readPlatform} from '../../../src/commands/doctor/platform.js';
import {areNamesSetUp, checkChanges, readChanges} from '../../../src/commands/doctor/setup-changes.js';
import {daemonFiles} from '../../../src/devproxy/daemon-files.js';
import {withBlock} from '../../../src/system/changes/change.js';
import {type ChangeRecord, openChangeRecords} from '../../../src/system/changes/change-record.js';
import {systemClock} from '../../../src/system/clock.js';
import {TakoError} from '../../../src/system/error.js';
import {tryLock} from '../../../src/system/lock.js';
import {requires} from '../../helpers/system-parts.js';
import {temporaryFolder} from '../support.js';
import {INFO, only, severities, worldOf} from './support.js';

const DAY_MS = 24 * 60 * 60 * 1000;

const newFiles = () => {
  const data = temporaryFolder();
  return daemonFiles({config: data, data, cache: path.join(data, 'cache')});
};

describe('a check that cannot be made', () => {
  it('is a finding, with the hint of what is known and the words of what is not', async () => {
    const known = await attempt('settings', () => {
      throw new TakoError('CONFIG_INVALID', 'no', {hint: 'correct it', details: ['line 3']});
    });
    assert.deepEqual([only(known).observed, only(known).fix], ['no\nline 3', 'correct it']);
    const unknown = await attempt('disk', () => Promise.reject(new Error('EIO')));
    assert.deepEqual([only(unknown).severity, only(unknown).observed], ['error', 'EIO']);
    assert.ok(only(unknown).fix);
  });

  it('and one that hangs, is given up', async () => {
    const hung = await attempt('disk', () => new Promise(() => undefined), 20);
    assert.match(only(hung).observed, /within 0\.02 s/);
  });
});

describe('the daemon', () => {
  it('of this version is fine; an older or a newer one is told', () => {
    const running = (version: string) => ({state: 'running', info: {...INFO, version}, lan: []}) as const;
    assert.deepEqual(severities(checkDaemon(running('1.0.0'), '1.0.0')), [['daemon', 'ok']]);
    const [, older] = checkDaemon(running('0.9.0'), '1.0.0');
    const [, newer] = checkDaemon(running('1.1.0'), '1.0.0');
    assert.deepEqual([older?.id, older?.severity, older?.fix], ['daemon-version', 'warning', 'tako doctor --fix']);
    assert.match(newer?.fix ?? '', /newer tako/);
  });

  it('that was killed has left its socket, and one that never ran has left nothing', async () => {
    const files = newFiles();
    const check = async () => only(checkDaemon(await readDaemon(files, '1.0.0', worldOf('/')), '1.0.0'));
    assert.match((await check()).observed, /^the daemon does not run/);
    mkdirSync(path.dirname(files.socket), {recursive: true});
    writeFileSync(files.socket, '');
    const dead = await check();
    assert.deepEqual([dead.severity, dead.fix], ['warning', 'tako doctor --fix']);
  });

  it.skipIf(requires('/proc'))('that hangs before it listens is named by its lock', async () => {
    const files = newFiles();
    const lock = tryLock(files.lock);
    const facts = await readDaemon(files, '1.0.0', worldOf('/'));
    lock?.release();
    const finding = only(checkDaemon(facts, '1.0.0'));
    assert.deepEqual([finding.severity, finding.fix], ['error', `kill ${process.pid}, then "tako dev" again`]);
    assert.match(finding.observed, new RegExp(`pid ${process.pid} holds its lock`));
  });

  it('that is there and does not answer is an error, with what ends it', () => {
    const problem = new TakoError('DAEMON_STUCK', 'it has not answered for 5 s', {hint: 'end it'});
    assert.equal(
      only(checkDaemon({state: 'stuck', problem, pid: 12}, '1.0.0')).fix,
      'kill -9 12, then "tako dev" again',
    );
    assert.equal(only(checkDaemon({state: 'stuck', problem, pid: undefined}, '1.0.0')).fix, 'end it');
  });
});

describe('the authority', () => {
  const context = {now: Date.now(), isInUse: false};

  it('is looked at without being made or mended', async () => {
    const folder = path.join(temporaryFolder(), 'ca');
    assert.equal(only(await checkAuthority(folder, context)).severity, 'ok');
    assert.equal(statSync(folder, {throwIfNoEntry: false}), undefined);
    assert.equal(only(await checkAuthority(folder, {...context, isInUse: true})).severity, 'error');
    await openAuthority({folder, clock: systemClock});
    chmodSync(path.join(folder, 'ca.key'), 0o644);
    assert.match(only(await checkAuthority(folder, context)).observed, /can sign until/);
    assert.equal(statSync(path.join(folder, 'ca.key')).mode & 0o777, 0o644);
  });

  it('is broken when it has expired, lacks its key, or has that of another', async () => {
    const folder = path.join(temporaryFolder(), 'ca');
    await openAuthority({folder, clock: systemClock});
    const codeOf = async (now: number): Promise<string> => {
      try {
        await checkAuthority(folder, {...context, now});
        return 'fine';
      } catch (error) {
        return (error as TakoError).code;
      }
    };
    assert.equal(await codeOf(Date.now()), 'fine');
    assert.equal(await codeOf(Date.now() + 3_651 * DAY_MS), 'CA_EXPIRED');
    const other = path.join(temporaryFolder(), 'ca');
    await openAuthority({folder: other, clock: systemClock});
    const key = path.join(folder, 'ca.key');
    for (const text of [
      await import('node:fs').then(fs => fs.readFileSync(path.join(other, 'ca.key'), 'utf8')),
      'no key',
    ]) {
      writeFileSync(key, text);
      assert.equal(await codeOf(Date.now()), 'CA_DAMAGED');
    }
  });
});

describe('the clock', () => {
  it('is wrong before the root is valid, and before a file of tako was written', async () => {
    const folder = path.join(temporaryFolder(), 'ca');
    await openAuthority({folder, clock: systemClock});
    const now = Date.now();
    const file = path.join(folder, 'ca.crt');
    assert.equal(only(checkClock(await readClock(folder, [file], now))).severity, 'ok');
    const early = only(checkClock(await readClock(folder, [file], now - 2 * DAY_MS)));
    assert.equal(early.severity, 'error');
    assert.match(early.observed, /but the root certificate is valid from/);
    const hours = 3_600_000;
    utimesSync(file, new Date(now + 2 * hours), new Date(now + 2 * hours));
    const late = only(checkClock(await readClock(folder, [file, path.join(folder, 'none')], now)));
    assert.equal(late.severity, 'warning');
    assert.match(late.observed, /ca\.crt was written at/);
  });

  it('is all there is to say where there is no root yet', async () => {
    const facts = await readClock(temporaryFolder(), [], Date.now());
    assert.equal(only(checkClock(facts)).severity, 'ok');
  });
});

describe('file modes', () => {
  it('that are too open are errors, and are closed without taking more', async () => {
    const files = newFiles();
    await openAuthority({folder: files.authority, clock: systemClock});
    const key = path.join(files.authority, 'ca.key');
    assert.equal(only(checkModes(await readModes(files), process.getuid?.())).severity, 'ok');
    chmodSync(key, 0o644);
    chmodSync(files.authority, 0o755);
    const found = await readModes(files);
    assert.deepEqual(
      checkModes(found, process.getuid?.()).map(({severity, fix}) => [severity, fix]),
      [
        ['error', `chmod 0700 ${files.authority}`],
        ['error', `chmod 0600 ${key}`],
      ],
    );
    for (const file of found.filter(isTooOpen)) await closeFile(file);
    assert.deepEqual([statSync(key).mode & 0o777, statSync(files.authority).mode & 0o777], [0o600, 0o700]);
    chmodSync(key, 0o400);
    assert.equal(only(checkModes(await readModes(files), process.getuid?.())).severity, 'ok');
  });

  it('say when a folder is of another user, as after sudo', () => {
    const file = {path: '/home/ann/ca', mode: 0o700, wanted: 0o700, uid: 0};
    const foreign = only(checkModes([file], 1_000));
    assert.deepEqual([foreign.severity, foreign.fix], ['error', 'sudo chown -R "$USER" /home/ann/ca']);
    assert.equal(only(checkModes([{...file, uid: 1_000}], 0)).severity, 'ok');
  });

  it('are nothing to speak of before there are files', async () => {
    assert.deepEqual(checkModes(await readModes(newFiles()), 0), []);
  });
});

describe('what setup did', () => {
  const record = (more: Partial<ChangeRecord>): ChangeRecord => ({
    ...{id: 'names-resolved', title: 'ask tako for .test names', state: 'done', files: []},
    ...{apply: [], beforeUndo: [], afterUndo: []},
    ...more,
  });

  async function changesOf(...records: readonly ChangeRecord[]) {
    const {changes} = newFiles();
    const opened = await openChangeRecords(changes);
    for (const one of records) await opened.put(one);
    return readChanges(changes);
  }

  it('is fine where there is nothing, and where it stands', async () => {
    assert.deepEqual(checkChanges(await changesOf()), []);
    const stands = await changesOf(record({}));
    assert.equal(only(checkChanges(stands)).severity, 'ok');
    assert.equal(areNamesSetUp(stands), true);
  });

  it('is broken where it was cut short', async () => {
    const half = await changesOf(record({state: 'begun'}));
    assert.equal(only(checkChanges(half)).severity, 'error');
    assert.match(only(checkChanges(half)).observed, /^setup was cut short: ask tako/);
    assert.equal(areNamesSetUp(half), false);
  });

  it('is broken where a file is gone or other than it was written, and not where only lines beside a block are', async () => {
    const folder = temporaryFolder();
    const [own, hosts] = [path.join(folder, 'tako.conf'), path.join(folder, 'hosts')];
    const file = {elevated: false, before: null, folders: []};
    const block = withBlock('127.0.0.1 localhost\n', ['127.0.0.1 shop.test']);
    const changed = record({
      files: [
        {...file, path: own, isBlock: false, after: 'DNS=127.0.0.1\n'},
        {...file, path: hosts, isBlock: true, after: block},
      ],
    });
    const check = async () =>
      checkChanges(await changesOf(changed)).map(({severity, observed}) => [severity, observed.split(' ')[0]]);
    assert.deepEqual(await check(), [
      ['error', own],
      ['error', hosts],
    ]);
    writeFileSync(own, 'DNS=127.0.0.1\n');
    writeFileSync(hosts, `10.0.0.1 printer\n${block}`);
    assert.deepEqual(await check(), [['ok', 'what']]);
    // As the daemon has it follow its apps.
    writeFileSync(hosts, block.replace('shop', 'stop'));
    assert.deepEqual(await check(), [['ok', 'what']]);
    writeFileSync(hosts, block.replace('# tako end', ''));
    assert.deepEqual(await check(), [['error', hosts]]);
  });

  it('is an error of its own where its records cannot be read', async () => {
    const {changes} = newFiles();
    writeFileSync(changes, '{');
    const findings = await attempt('setup-changes', async () => checkChanges(await readChanges(changes)));
    assert.match(only(findings).observed, /cannot be read/);
  });
});

describe('room on the disk', () => {
  const MIB = 1024 * 1024;
  const space = {folder: '/data', freeBytes: 10_000 * MIB, freeFiles: 100_000, isWritable: true};

  it('is fine, little, or too little', () => {
    const severity = (more: Partial<typeof space>): string => only(checkSpace([{...space, ...more}])).severity;
    assert.equal(severity({}), 'ok');
    assert.equal(severity({freeBytes: 400 * MIB}), 'warning');
    assert.equal(severity({freeBytes: 40 * MIB}), 'error');
    assert.equal(severity({freeFiles: 10}), 'error');
    assert.equal(severity({isWritable: false}), 'error');
    assert.equal(only(checkSpace([{...space, freeFiles: undefined as unknown as number}])).severity, 'ok');
  });

  it('of a folder that is not made yet is that of the one it will be in', async () => {
    const data = temporaryFolder();
    const [only, ...others] = await readSpace({data: path.join(data, 'a/b'), cache: path.join(data, 'c')});
    assert.deepEqual([only?.folder, others], [data, []]);
    assert.ok((only?.freeBytes ?? 0) > 0);
  });
});

describe('file watches', () => {
  function machineWith(watches: number, lines: number): string {
    const root = temporaryFolder();
    const write = (file: string, text: string): void => {
      mkdirSync(path.dirname(path.join(root, file)), {recursive: true});
      writeFileSync(path.join(root, file), text);
    };
    write('proc/sys/fs/inotify/max_user_watches', `${watches}\n`);
    write('proc/sys/fs/inotify/max_user_instances', '128\n');
    write('proc/12/fdinfo/7', `pos:\t0\n${'inotify wd:1 ino:2\n'.repeat(lines)}`);
    write('proc/12/fdinfo/8', 'pos:\t0\n');
    write('proc/self/fdinfo/7', 'inotify wd:1\n');
    return root;
  }

  it('are counted over the programs that may be looked at', async () => {
    const facts = await readInotify(worldOf(machineWith(100, 30)));
    assert.deepEqual(facts, {watches: {used: 30, limit: 100}, instances: {used: 1, limit: 128}});
    assert.equal(only(checkInotify(facts)).severity, 'ok');
  });

  it('are a finding when few are left, with the command that raises the limit', async () => {
    const few = only(checkInotify(await readInotify(worldOf(machineWith(30, 29)))));
    assert.deepEqual([few.severity, few.fix], ['warning', 'sudo sysctl fs.inotify.max_user_watches=524288']);
    const watchers = only(checkInotify({watches: {used: 1, limit: 10}, instances: {used: 120, limit: 128}}));
    assert.match(watchers.fix ?? '', /max_user_instances/);
  });

  it('are no matter where there are none', async () => {
    assert.deepEqual(checkInotify(await readInotify(worldOf(temporaryFolder()))), []);
  });
});

describe('the kind of machine', () => {
  function machineWith(files: Readonly<Record<string, string>>): string {
    const root = temporaryFolder();
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(root, file)), {recursive: true});
      writeFileSync(path.join(root, file), text);
    }
    return root;
  }
  const kernel = {'proc/sys/kernel/osrelease': '5.15.90.1-microsoft-standard-WSL2\n'};

  it('is nothing to speak of, a container, or WSL', async () => {
    const check = async (files: Readonly<Record<string, string>>, resolves = false) =>
      checkPlatform(await readPlatform({root: machineWith(files)}), resolves);
    assert.deepEqual(await check({}), []);
    assert.match(only(await check({'.dockerenv': ''})).observed, /container/);
    const wsl = only(await check(kernel));
    assert.deepEqual([wsl.severity, /generateResolvConf = false/.test(wsl.fix ?? '')], ['warning', true]);
    assert.equal(only(await check(kernel, true)).severity, 'ok');
    const kept = {...kernel, 'etc/wsl.conf': '[network]\ngenerateResolvConf = false\n'};
    assert.equal(only(await check(kept)).severity, 'ok');
  });
});

describe('node', () => {
  it('in the PATH is told where tako would not start with it', () => {
    assert.equal(only(checkNode({own: '24.1.0', found: '24.1.0'}, '1.0.0')).severity, 'ok');
    assert.equal(only(checkNode({own: '24.1.0', found: '26.0.0'}, '1.0.0')).severity, 'ok');
    assert.equal(only(checkNode({own: '24.1.0', found: undefined}, '1.0.0')).severity, 'ok');
    assert.match(
      only(checkNode({own: '24.1.0', found: '20.20.2'}, '1.0.0')).observed,
      /20\.20\.2, with which tako does not start/,
    );
  });
});
