import assert from 'node:assert/strict';
import {existsSync} from 'node:fs';
import {describe, it, onTestFinished} from 'vitest';
import {machineWorld} from '../../src/commands/setup/machine-wishes.js';
import {type ControlClient, connectControl} from '../../src/control/client.js';
import type {AppEvent} from '../../src/control/events.js';
import {type Daemon, type DaemonOptions, startDaemon} from '../../src/devproxy/daemon.js';
import {type DaemonFiles, daemonFiles} from '../../src/devproxy/daemon-files.js';
import {errorCode} from '../../src/system/error.js';
import {eventually} from '../helpers/eventually.js';
import {registrationOf, temporaryFolder} from './support.js';

const newFiles = (): DaemonFiles => {
  const data = temporaryFolder();
  return daemonFiles({config: data, data, cache: `${data}/cache`});
};

async function start(files: DaemonFiles, more: Partial<DaemonOptions> = {}): Promise<Daemon> {
  const daemon = await startDaemon({
    version: '1.0.0',
    files,
    https: {port: 0},
    http: {port: 0},
    dnsPort: 0,
    zones: ['test'],
    world: machineWorld(),
    log: () => undefined,
    ...more,
  });
  onTestFinished(() => daemon.close());
  return daemon;
}

async function connect(files: DaemonFiles): Promise<ControlClient> {
  const client = await connectControl(files.socket);
  onTestFinished(() => client.close());
  return client;
}

const SAYS_THREE = registrationOf('web', {
  command: ['sh', '-c', 'for n in 1 2 3; do echo line $n; done; echo 4000 >&4; read x; echo line 4; exec sleep 600'],
});

/** The lines a `logs` call brings. */
async function linesOf(client: ControlClient, count: number): Promise<string[]> {
  const lines: string[] = [];
  const onEvent = (event: AppEvent): void => {
    if (event.type === 'log' && event.line.stream === 'stdout') lines.push(event.line.text);
  };
  await client.call('logs', {name: 'web', count, follow: false}, {onEvent});
  return lines;
}

/** What is there more often than it was. */
function isNew(before: readonly string[]): (resource: string) => boolean {
  const left = [...before];
  return resource => {
    const index = left.indexOf(resource);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  };
}

describe('the daemon', () => {
  it('is one for its folder', async () => {
    const files = newFiles();
    await start(files);
    await assert.rejects(start(files), error => errorCode(error) === 'DAEMON_RUNNING');
  });

  it('leaves nothing behind after a start that failed, so that the next one succeeds', async () => {
    const files = newFiles();
    const {info, close} = await start(newFiles());
    await assert.rejects(start(files, {dnsPort: info.dnsPort}), error => errorCode(error) === 'DNS_PORT_IN_USE');
    assert.equal(existsSync(files.socket), false);
    await close();
    await start(files);
  });

  it('closes once, also when it is closed twice', async () => {
    const daemon = await start(newFiles());
    await Promise.all([daemon.close(), daemon.close(), daemon.closed]);
  });

  it('leaves nothing open that keeps its process alive, though an app ran until then', async () => {
    const resources = (): string[] => process.getActiveResourcesInfo().sort();
    const before = resources();
    const files = newFiles();
    const daemon = await start(files);
    const client = await connect(files);
    const directory = temporaryFolder();
    await client.call('register', {registration: registrationOf('web', {directory, reloads: 'nothing'})});
    await client.call('start', {name: 'web'});
    await eventually(() => assert.ok(resources().includes('FSEventWrap'), 'its source is watched'));
    await daemon.close();
    await client.closed;
    await eventually(() => assert.deepEqual(resources().filter(isNew(before)), []));
  });

  it('ends when it is told to, and its client knows', async () => {
    const files = newFiles();
    const daemon = await start(files);
    const client = await connect(files);
    assert.deepEqual(await client.call('shutdown', {}), {});
    await Promise.all([client.closed, daemon.closed]);
  });

  it('ends while a client follows an app and does not read', async () => {
    const files = newFiles();
    const daemon = await start(files);
    const client = await connect(files);
    await client.call('register', {registration: registrationOf('web')});
    const following = client.call('attach', {name: 'web', after: 0}).catch(error => errorCode(error));
    await daemon.close();
    assert.equal(await following, 'DAEMON_LOST');
  });

  it.each([
    ['nothing', undefined],
    ['no name', {...registrationOf('web'), name: ''}],
    ['no environment', {...registrationOf('web'), environment: null}],
    ['a number in the environment', {...registrationOf('web'), environment: {PORT: 3000}}],
    ['no command', {...registrationOf('web'), command: []}],
    ['a command that is no list', {...registrationOf('web'), command: 'node'}],
    ['no deadline', {...registrationOf('web'), readyTimeoutMs: 0}],
  ])('refuses a registration with %s, and registers nothing', async (_, registration) => {
    const files = newFiles();
    await start(files);
    const client = await connect(files);
    const registering = client.call('register', {registration: registration as never});
    await assert.rejects(registering, error => errorCode(error) === 'REGISTRATION_INVALID');
    assert.deepEqual(await client.call('list', {}), {apps: []});
  });
});

describe('the log of an app', () => {
  it('gives the last lines that are asked for', async () => {
    const files = newFiles();
    await start(files);
    const client = await connect(files);
    await client.call('register', {registration: SAYS_THREE});
    await client.call('start', {name: 'web'});
    assert.deepEqual(await linesOf(client, 1_000), ['line 1', 'line 2', 'line 3', 'line 4']);
    assert.deepEqual(await linesOf(client, 0), []);
  });

  it.each([0, 10])(
    'followed from the last %i lines brings the first line of an app that said nothing yet',
    async count => {
      const files = newFiles();
      await start(files);
      const client = await connect(files);
      await client.call('register', {registration: SAYS_THREE});
      const heard = Promise.withResolvers<AppEvent>();
      client.call('logs', {name: 'web', count, follow: true}, {onEvent: heard.resolve}).catch(() => undefined);
      await client.call('start', {name: 'web'});
      assert.equal((await heard.promise).type, 'log');
    },
  );
});
