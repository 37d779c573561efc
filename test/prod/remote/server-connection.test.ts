import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterAll, beforeAll, describe, it} from 'vitest';
import type {UploadItem} from '../../../src/prod/releases/upload-stream.js';
import {executeSteps, findPendingSteps, type InstallEvent} from '../../../src/prod/remote/install/execute.js';
import {renderInstallation} from '../../../src/prod/remote/install/installation.js';
import {gatherFacts} from '../../../src/prod/remote/install/look.js';
import {createPayloads} from '../../../src/prod/remote/install/payloads.js';
import {type InstallPlan, planInstall} from '../../../src/prod/remote/install/plan.js';
import {executeRemoval, planRemoval} from '../../../src/prod/remote/install/removal.js';
import {takeOver} from '../../../src/prod/remote/install/take-over.js';
import {loadProgram, type Program} from '../../../src/prod/remote/program.js';
import {SERVER_NODE_VERSION} from '../../../src/prod/remote/runtime.js';
import {connectServer} from '../../../src/prod/remote/server-connection.js';
import type {ServerEntry} from '../../../src/prod/remote/server-list.js';
import {openSsh, type Ssh} from '../../../src/prod/remote/ssh.js';
import type {UploadProgress} from '../../../src/prod/remote/upload.js';
import {run} from '../../../src/system/exec.js';
import {createRandom} from '../../helpers/random.js';
import {requires} from '../../helpers/system-parts.js';
import {untilGone} from '../../helpers/tako.js';
import {writeFakePackage, writeFakeRuntime} from './fake-package.js';
import {type Sshd, startSshd} from './sshd.js';

const FLAGS = {hasTerminal: false, environment: {}, version: '0.1.0'};

describe.skipIf(requires('sshd', 'ssh', 'root'))('a server without root (needs sshd)', {timeout: 180_000}, () => {
  let sshd: Sshd;
  let ssh: Ssh;
  let folder: string;
  let root: string;
  let entry: ServerEntry;
  const programs = new Map<string, Program>();
  const program = (version: string): Program => programs.get(version) ?? assert.fail(version);

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'tako-remote-'));
    root = path.join(folder, 'home', 'tako server');
    writeFakeRuntime(path.join(folder, 'cache'));
    for (const version of ['0.1.0', '0.2.0', '0.3.0-broken']) {
      const place = path.join(folder, version);
      if (version === '0.1.0') await writeFakePackage(place, version);
      else cpSync(path.join(folder, '0.1.0'), place, {recursive: true});
      writeFileSync(path.join(place, 'package.json'), JSON.stringify({name: 'tako.sh', version}));
      programs.set(version, await loadProgram(place));
    }
    sshd = await startSshd();
    ssh = await openSsh(sshd.target, FLAGS);
    const platform = {os: 'linux', cpu: process.arch as 'x64', libc: 'glibc'} as const;
    entry = {...sshd.target, name: 'test-server', root, platform};
  });
  afterAll(async () => {
    await ssh?.script(`if [ -x '${root}/bin/tako-service' ]; then '${root}/bin/tako-service' stop; fi`, {
      what: 'stopping',
    });
    await ssh?.close();
    await sshd?.close();
    rmSync(folder, {recursive: true, force: true});
  });

  /** As for a user that may become nobody else: no accounts, no systemd, nothing in cron. */
  async function planFor(version: string): Promise<InstallPlan> {
    const facts = await gatherFacts(ssh, root);
    return planInstall(
      {...facts, privilege: 'none', hasSystemd: false, hasUserSystemd: false, hasCron: false, listening: new Set()},
      {
        program: program(version),
        nodeVersion: SERVER_NODE_VERSION,
        now: Date.now(),
        httpPort: undefined,
        mayJoin: true,
        httpsPort: undefined,
      },
    );
  }

  async function install(version: string): Promise<InstallEvent[]> {
    const plan = await planFor(version);
    const events: InstallEvent[] = [];
    await executeSteps(ssh, plan, await findPendingSteps(ssh, plan), {
      onEvent: event => events.push(event),
      payload: createPayloads({
        program: program(version),
        platform: entry.platform,
        nodeVersion: SERVER_NODE_VERSION,
        cacheFolder: path.join(folder, 'cache'),
        run,
      }),
    });
    return events;
  }

  const pendingIds = async (version: string): Promise<string[]> => {
    const plan = await planFor(version);
    return (await findPendingSteps(ssh, plan)).map(({id}) => id);
  };

  it('is told from one that tako is installed on', async () => {
    await assert.rejects(connectServer(entry, FLAGS), {code: 'SERVER_NOT_INSTALLED'});
  });

  it('gets everything by a plan, and nothing by the same plan again', async () => {
    assert.deepEqual(await pendingIds('0.1.0'), [
      ...['settings', 'folders', 'runtime', 'program', 'launcher', 'current', 'script', 'start'],
    ]);
    const events = await install('0.1.0');
    const sent = events.filter(event => event.type === 'progress' && event.step.id === 'program').at(-1);
    assert.ok(sent?.type === 'progress' && sent.sentBytes === sent.totalBytes);
    assert.deepEqual(await pendingIds('0.1.0'), []);
    assert.equal(statSync(path.join(root, 'state')).mode & 0o777, 0o700);
    assert.equal(readlinkSync(path.join(root, 'current')), `versions/0.1.0-${program('0.1.0').build}`);
    const facts = await gatherFacts(ssh, root);
    assert.deepEqual(facts.settings, {httpPort: 8080, httpsPort: 8443, user: null, group: null});
    assert.ok(facts.program !== null && facts.program !== 'broken' && facts.program.build === program('0.1.0').build);
  });

  it('answers over ssh, beside what its own connection carries', async () => {
    const connection = await connectServer(entry, FLAGS);
    assert.equal(connection.info.version, '0.1.0');
    const calls = Array.from({length: 20}, (_, n) => connection.client.call('missing', {hashes: [String(n)]}));
    assert.deepEqual(
      (await Promise.all(calls)).map(({missing}) => missing),
      calls.map((_, n) => [String(n)]),
    );
    await connection.close();
  });

  it('is started again when it dies', async () => {
    const before = (await greet()).pid;
    process.kill(before, 'SIGKILL');
    const {info} = await takeOver(entry, options('0.1.0', undefined));
    assert.notEqual(info.pid, before);
  });

  it('is repaired where it is broken', async () => {
    rmSync(path.join(root, 'bin', 'tako-server'));
    const damaged = path.join(root, 'current', 'templates', 'error.html');
    writeFileSync(damaged, 'damaged');
    assert.deepEqual(await pendingIds('0.1.0'), ['program', 'launcher']);
    await install('0.1.0');
    assert.notEqual(readFileSync(damaged, 'utf8'), 'damaged');
    assert.deepEqual(await pendingIds('0.1.0'), []);
    assert.deepEqual(readdirSync(path.join(root, 'versions')), [`0.1.0-${program('0.1.0').build}`]);
  });

  it('gets uploads, only of what it lacks, also when the connection is cut', async () => {
    const connection = await connectServer(entry, FLAGS);
    const random = createRandom(11);
    const items = Array.from({length: 300}, (): UploadItem => itemOf(random.bytes(20_000)));
    let cuts = 0;
    const seen: number[] = [];
    const onProgress = ({objects, readBytes, totalBytes}: UploadProgress): void => {
      seen.push(objects);
      assert.ok(readBytes <= totalBytes);
      if (objects >= 50 * (cuts + 1) && cuts < 2) {
        cuts += 1;
        sshd.cut();
      }
    };
    await connection.upload(items, {onProgress});
    assert.equal(cuts, 2);
    assert.deepEqual(
      seen.filter(objects => objects === 300),
      [300],
      'the end is told once',
    );
    assert.equal(seen.at(-1), 300);
    assert.ok(items.every(({sha256}) => existsSync(path.join(root, 'objects', sha256))));
    assert.equal(
      (await connection.client.call('missing', {hashes: items.map(({sha256}) => sha256)})).missing.length,
      0,
    );
    let asked = 0;
    await connection.upload([...items, itemOf(Buffer.from('one more'))], {
      onProgress({totalObjects}) {
        asked = totalObjects;
      },
    });
    assert.equal(asked, 1);
    await connection.close();
    await ssh.close();
    ssh = await openSsh(sshd.target, FLAGS);
  });

  const greet = async () => {
    const connection = await connectServer(entry, {...FLAGS, isAnyProtocolFine: true});
    await connection.close();
    return connection.info;
  };

  const options = (version: string, previous: string | undefined) => ({
    ...{connect: FLAGS, version, previous},
    readLog: async () => [],
    switchBack: async () => void (await ssh.script(`ln -sfn '${previous}' '${root}/current'`, {what: 'back'})),
  });

  it('is upgraded beside what runs, and stays with the old version when the new one fails', async () => {
    const previous = readlinkSync(path.join(root, 'current'));
    await install('0.2.0');
    const arrival = await takeOver(entry, options('0.2.0', previous));
    assert.deepEqual([arrival.info.version, arrival.isReloaded], ['0.2.0', true]);
    const good = readlinkSync(path.join(root, 'current'));
    await install('0.3.0-broken');
    await assert.rejects(takeOver(entry, options('0.3.0-broken', good)), {
      code: 'UPGRADE_FAILED',
      details: ['the new server process failed its self-check'],
    });
    assert.equal((await greet()).version, '0.2.0');
  });

  it('says that it does not run', async () => {
    await ssh.script(`'${root}/bin/tako-service' stop`, {what: 'stopping'});
    await assert.rejects(connectServer(entry, FLAGS), {code: 'SERVER_DOWN'});
    assert.deepEqual(
      await pendingIds('0.2.0'),
      ['current', 'start'].filter(id => id !== 'current'),
    );
  });

  it('says which side is too old', async () => {
    await install('0.2.0');
    writeFileSync(path.join(root, 'current', 'package.json'), JSON.stringify({version: '0.0.1'}));
    await assert.rejects(connectServer(entry, FLAGS), {code: 'SERVER_OLDER'});
  });

  it('keeps its data, or nothing, when it is removed', async () => {
    const facts = {...(await gatherFacts(ssh, root)), privilege: 'none', hasSystemd: false} as const;
    const pid = (await greet()).pid;
    writeFileSync(path.join(root, 'state', 'server.sqlite'), 'state');
    await executeRemoval(ssh, planRemoval(facts, {keepsData: true}), () => undefined);
    await untilGone(pid);
    assert.deepEqual(readdirSync(root).sort(), [
      'apps',
      'certificates',
      'holder',
      'logs',
      'manifests',
      'objects',
      'server.json',
      'state',
    ]);
    writeFileSync(path.join(root, 'server.json'), '{"somebody": "else"}');
    assert.equal((await gatherFacts(ssh, root)).isRootForeign, true);
    await executeRemoval(ssh, planRemoval(facts, {keepsData: false}), () => undefined);
    assert.equal(existsSync(root), true);
    writeFileSync(path.join(root, 'server.json'), renderInstallation(facts.settings ?? assert.fail()));
    await executeRemoval(ssh, planRemoval(facts, {keepsData: false}), () => undefined);
    assert.equal(existsSync(root), false);
  });
});

function itemOf(content: Buffer): UploadItem {
  const sha256 = createHash('sha256').update(content).digest('hex');
  return {sha256, kind: 'file', size: content.length, open: () => chunksOf(content)};
}

async function* chunksOf(content: Buffer): AsyncGenerator<Buffer> {
  yield content;
}
