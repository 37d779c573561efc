import assert from 'node:assert/strict';
import {once} from 'node:events';
import {readFileSync, statSync, writeFileSync} from 'node:fs';
import {type AddressInfo, createServer} from 'node:net';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import {machineWorld} from '../../src/commands/setup/machine-wishes.js';
import type {Handlers} from '../../src/control/method.js';
import type {DaemonInfo, Methods} from '../../src/control/protocol.js';
import {startControlServer} from '../../src/control/server.js';
import {type Daemon, startDaemon} from '../../src/devproxy/daemon.js';
import {
  type DaemonConnection,
  type EnsureDaemonOptions,
  endDaemon,
  ensureDaemon,
  findDaemon,
} from '../../src/devproxy/daemon-client.js';
import {type DaemonFiles, daemonFiles} from '../../src/devproxy/daemon-files.js';
import {TakoError} from '../../src/system/error.js';
import {resolvePaths} from '../../src/system/paths.js';
import {readVersion} from '../../src/system/version.js';
import {shareCompiledCode} from '../helpers/compiled-code.js';
import {untilGone} from '../helpers/tako.js';
import {registrationOf, temporaryFolder} from './support.js';

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');
const VERSION = readVersion();
const FREE_PORTS = 'port = 0\nhttp_port = 0\ndns_port = 0\n';

type Home = EnsureDaemonOptions & {readonly files: DaemonFiles};

/** A home of its own, in which the daemon of the build is started. Its daemon ends with the test. */
function createHome(settings = FREE_PORTS): Home {
  const home = temporaryFolder();
  writeFileSync(path.join(home, 'settings.toml'), settings);
  shareCompiledCode(home);
  const files = daemonFiles(resolvePaths({TAKO_HOME: home}, process.platform, home));
  onTestFinished(async () => {
    const running = await findDaemon(files, VERSION);
    if (running) await end(running);
  });
  return {
    files,
    version: VERSION,
    command: [process.execPath, CLI, 'daemon'],
    environment: {...process.env, TAKO_HOME: home},
  };
}

async function end(connection: DaemonConnection): Promise<void> {
  await endDaemon(connection);
  if (connection.info.pid !== process.pid) await untilGone(connection.info.pid);
}

/** A daemon of any version, in this process. */
async function startInProcess({files}: Home, version: string): Promise<Daemon> {
  const daemon = await startDaemon({
    version,
    files,
    https: {port: 0},
    http: {port: 0},
    dnsPort: 0,
    zones: ['test'],
    world: machineWorld(),
    log: () => undefined,
  });
  onTestFinished(() => daemon.close());
  return daemon;
}

/** Something that only answers `hello`, as a daemon of that kind would. */
async function startImpostor({files}: Home, info: Partial<DaemonInfo>): Promise<{left: Promise<void>}> {
  const left = Promise.withResolvers<void>();
  const server = await startControlServer({
    socketPath: files.socket,
    handlers: {hello: async () => info} as unknown as Handlers<Methods>,
    onBug: error => assert.fail(String(error)),
    onClientsChange: clients => clients === 0 && left.resolve(),
  });
  onTestFinished(() => server.close());
  return {left: left.promise};
}

async function failureOf(promise: Promise<unknown>): Promise<TakoError> {
  const error = await promise.then(
    () => undefined,
    reason => reason,
  );
  assert.ok(error instanceof TakoError, String(error));
  return error;
}

describe('finding the daemon', () => {
  it('finds none where none was ever started', async () => {
    const {files} = createHome();
    assert.equal(await findDaemon(files, VERSION), undefined);
  });

  it('finds the one that runs, with what it says of itself', async () => {
    const home = createHome();
    const daemon = await startInProcess(home, VERSION);
    const found = await findDaemon(home.files, VERSION);
    assert.ok(found);
    assert.deepEqual(found.info, JSON.parse(JSON.stringify(daemon.info)));
    found.client.close();
  });

  it('leaves no connection open to one that does not answer as it should', async () => {
    const home = createHome();
    const left = Promise.withResolvers<void>();
    const server = await startControlServer({
      socketPath: home.files.socket,
      handlers: {} as Handlers<Methods>,
      onBug: error => assert.fail(String(error)),
      onClientsChange: clients => clients === 0 && left.resolve(),
    });
    assert.equal((await failureOf(findDaemon(home.files, VERSION))).code, 'UNKNOWN_METHOD');
    await left.promise;
    await server.close();
  });
});

describe('starting the daemon', () => {
  it('by several commands at once ends with one of them', async () => {
    const home = createHome();
    const connections = await Promise.all([ensureDaemon(home), ensureDaemon(home), ensureDaemon(home)]);
    assert.equal(new Set(connections.map(({info}) => info.pid)).size, 1);
    for (const {client} of connections) client.close();
  });

  it('keeps its log for its user only', async () => {
    const home = createHome();
    const connection = await ensureDaemon(home);
    assert.equal(statSync(home.files.log).mode & 0o777, 0o600);
    assert.match(readFileSync(home.files.log, 'utf8'), new RegExp(`pid ${connection.info.pid}: https`));
    connection.client.close();
  });

  it('puts a long log aside', async () => {
    const home = createHome();
    writeFileSync(home.files.log, 'x'.repeat(6 * 1024 * 1024));
    (await ensureDaemon(home)).client.close();
    assert.ok(statSync(`${home.files.log}.1`).size > 5 * 1024 * 1024);
    assert.ok(statSync(home.files.log).size < 10_000);
  });

  it('on a port in use fails and names who has it', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const {port} = other.address() as AddressInfo;
    const {code, message, hint} = await failureOf(ensureDaemon(createHome(FREE_PORTS.replace('0', String(port)))));
    assert.equal(code, 'PORT_IN_USE');
    assert.match(message, new RegExp(`^port ${port} is in use by .+ \\(pid ${process.pid}\\)$`));
    assert.match(hint ?? '', /--port/);
  });

  it('on a DNS port in use fails and leaves the other ports free', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const {port} = other.address() as AddressInfo;
    const home = createHome(`port = 0\nhttp_port = 0\ndns_port = ${port}\n`);
    assert.equal((await failureOf(ensureDaemon(home))).code, 'DNS_PORT_IN_USE');
    assert.equal(await findDaemon(home.files, VERSION), undefined);
  });

  it('with a broken settings.toml fails with its problems', async () => {
    const {code, details} = await failureOf(ensureDaemon(createHome('prot = 5\n')));
    assert.equal(code, 'CONFIG_INVALID');
    assert.match(details.join('\n'), /settings\.toml:1:1 prot: .*"port"/);
  });

  it('that ends without a word fails, and says where its log is', async () => {
    const home = createHome();
    const {code, hint} = await failureOf(ensureDaemon({...home, command: ['false']}));
    assert.equal(code, 'DAEMON_NOT_STARTED');
    assert.ok(hint?.includes(home.files.log));
  });
});

describe('a daemon of another version', () => {
  it('that is older is replaced, and its registrations are kept', async () => {
    const home = createHome();
    const old = await startInProcess(home, '0.0.1');
    const before = await findDaemon(home.files, VERSION);
    const registration = registrationOf('web');
    await before?.client.call('register', {registration});
    const {client, info} = await ensureDaemon(home);
    await old.closed;
    assert.equal(info.version, VERSION);
    assert.notEqual(info.pid, process.pid);
    const {apps} = await client.call('list', {});
    assert.deepEqual(
      apps.map(({name, state, command}) => ({name, state, command})),
      [{name: 'web', state: 'stopped', command: registration.command}],
    );
    client.close();
  });

  it('that is newer is used when it speaks our protocol', async () => {
    const home = createHome();
    await startInProcess(home, '99.0.0');
    const {client, info} = await ensureDaemon(home);
    assert.equal(info.version, '99.0.0');
    client.close();
  });

  it('that is newer and speaks another is left alone, and no connection to it stays open', async () => {
    const home = createHome();
    const {left} = await startImpostor(home, {version: '99.0.0', protocol: 2});
    const {code, message} = await failureOf(ensureDaemon(home));
    assert.deepEqual([code, message], ['DAEMON_NEWER', `the daemon is tako 99.0.0, this command is ${VERSION}`]);
    await left;
  });
});
