import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import type {AppStatus} from '../../src/control/events.js';
import type {Registration} from '../../src/control/protocol.js';
import {createAppSecrets} from '../../src/devproxy/app-secrets.js';
import {type Apps, createApps} from '../../src/devproxy/apps.js';
import {openRegistry} from '../../src/devproxy/registry.js';
import {ActivationError} from '../../src/proxy/cold-start.js';
import {renderRoute} from '../../src/proxy/route-syntax.js';
import type {Route} from '../../src/proxy/route-table.js';
import {setSecrets} from '../../src/secrets/change-secrets.js';
import {openKeyFiles} from '../../src/secrets/keys/key-files.js';
import type {KeyStore} from '../../src/secrets/keys/key-store.js';
import {createSupervisor} from '../../src/supervisor/supervisor.js';
import {systemClock} from '../../src/system/clock.js';
import {errorCode} from '../../src/system/error.js';
import {registrationOf, temporaryFolder} from './support.js';

type TestApps = Apps & {
  /** The routes that the gateway has now. */
  routes(): string[];
  /** What open pages were told. */
  readonly published: [string, string][];
  /** What reading a project again gives, by name of its app; it throws what is wrong. */
  readonly resolutions: Map<string, () => Registration>;
  /** Resolves when the status of an app is as wanted. */
  until(name: string, isWanted: (status: AppStatus) => boolean): Promise<void>;
};

/** Apps as the daemon has them, with a real supervisor, registry and processes. */
function openApps(file = path.join(temporaryFolder(), 'registry.sqlite')): TestApps {
  const registry = openRegistry(file, () => assert.fail('the registry is whole'));
  const supervisor = createSupervisor({
    clock: systemClock,
    records: registry.instances,
    onEvent: ({app, instance}) => apps.observe(app, instance),
    onFailed: (name, error) => apps.startFailed(name, error),
  });
  let routes: readonly Route[] = [];
  const published: [string, string][] = [];
  const resolutions = new Map<string, () => Registration>();
  const apps = createApps({
    supervisor,
    registry,
    trustFor: () => ({}),
    secrets: createAppSecrets(openKeyFiles(path.dirname(file))),
    httpsPort: () => 8443,
    onRoutes: published => {
      routes = published;
    },
    memoryOf: () => 42,
    lanOf: () => null,
    trafficOf: () => ({requestsPerSecond: 0, p95Ms: null, errors: 0, requests: 0}),
    publish: (name, event) => void published.push([name, event.type]),
    resolve: async registration => resolutions.get(registration.name)?.() ?? registration,
  });
  onTestFinished(async () => {
    await apps.close();
    await supervisor.close();
    registry.close();
  });
  return {
    ...apps,
    published,
    resolutions,
    routes: () => routes.map(route => `${route.app} ${renderRoute(route)}`),
    until: (name, isWanted) =>
      new Promise(resolve => {
        const look = (): void => {
          if (!isWanted(apps.status(name))) return;
          stop();
          resolve();
        };
        const stop = apps.subscribe(name, look);
        look();
      }),
  };
}

const failing = (name: string): Registration =>
  registrationOf(name, {command: ['sh', '-c', 'echo no database >&2; exit 3']});

describe('registering an app', () => {
  it('gives it its routes, and starts nothing', async () => {
    const apps = openApps();
    const status = await apps.register(
      registrationOf('web', {routes: ['web.test', 'web.localhost', '*.web.test/api/*']}),
    );
    assert.equal(status.state, 'stopped');
    assert.equal(status.url, 'https://web.test:8443');
    assert.deepEqual(status.urls, [
      'https://web.test:8443',
      'https://web.localhost:8443',
      'https://*.web.test:8443/api/',
    ]);
    assert.deepEqual(apps.routes(), ['web web.test', 'web web.localhost', 'web *.web.test/api/*']);
  });

  it('is remembered by the next daemon', async () => {
    const file = path.join(temporaryFolder(), 'registry.sqlite');
    await openApps(file).register(registrationOf('web'));
    const next = openApps(file);
    assert.deepEqual(next.routes(), ['web web.test']);
    assert.deepEqual(
      next.list().map(({name, state}) => `${name} ${state}`),
      ['web stopped'],
    );
  });

  it('again updates its routes and leaves its process alone', async () => {
    const apps = openApps();
    await apps.register(registrationOf('web'));
    const {pid} = await apps.start('web');
    const status = await apps.register(registrationOf('web', {routes: ['other.test'], primaryHost: 'other.test'}));
    assert.deepEqual([status.pid, status.url], [pid, 'https://other.test:8443']);
    assert.deepEqual(apps.routes(), ['web other.test']);
  });

  it('again with another command starts its process anew', async () => {
    const apps = openApps();
    await apps.register(registrationOf('web'));
    const {pid} = await apps.start('web');
    await apps.register(registrationOf('web', {command: ['sh', '-c', 'echo 4001 >&4; exec sleep 600']}));
    await apps.until('web', status => status.state === 'ready' && status.pid !== pid);
    assert.equal(apps.status('web').port, 4001);
  });

  it('is refused under the name of another project', async () => {
    const apps = openApps();
    await apps.register(registrationOf('web'));
    const other = registrationOf('web', {directory: '/elsewhere'});
    await assert.rejects(apps.register(other), error => errorCode(error) === 'NAME_TAKEN');
  });

  it('is refused for a route of another app, and changes nothing', async () => {
    const apps = openApps();
    await apps.register(registrationOf('web'));
    const routes = ['api.test', 'web.test'];
    await assert.rejects(
      apps.register(registrationOf('api', {routes})),
      error => errorCode(error) === 'ROUTE_CONFLICT',
    );
    assert.equal(apps.has('api'), false);
    assert.deepEqual(apps.routes(), ['web web.test']);
  });

  it('is refused with a route that is none, and changes nothing', async () => {
    const apps = openApps();
    const wrong = registrationOf('web', {routes: ['web.test', 'no route']});
    await assert.rejects(apps.register(wrong), error => errorCode(error) === 'ROUTE_INVALID');
    assert.deepEqual([apps.list(), apps.routes()], [[], []]);
  });
});

describe('an app', () => {
  it('is ready after its start, and the gateway finds it', async () => {
    const apps = openApps();
    await apps.register(registrationOf('web'));
    assert.equal(apps.findUpstream('web'), undefined);
    const {state, pid, port, memoryBytes} = await apps.start('web');
    assert.deepEqual({state, port, memoryBytes}, {state: 'ready', port: 4000, memoryBytes: 42});
    assert.deepEqual(apps.findUpstream('web'), {host: '127.0.0.1', port: 4000});
    assert.equal((await apps.start('web')).pid, pid);
  });

  it('has another process after a restart', async () => {
    const apps = openApps();
    await apps.register(registrationOf('web'));
    const {pid} = await apps.start('web');
    const restarted = await apps.restart('web');
    assert.equal(restarted.state, 'ready');
    assert.notEqual(restarted.pid, pid);
  });

  it('that did not start says why until it is started again', async () => {
    const apps = openApps();
    await apps.register(failing('web'));
    await assert.rejects(apps.start('web'), error => errorCode(error) === 'APP_EXITED_EARLY');
    const {problem, exit, pid} = apps.status('web');
    assert.deepEqual(
      [problem?.code, problem?.details, exit, pid],
      ['APP_EXITED_EARLY', [], {code: 3, signal: null}, null],
    );
    // Why it failed it said itself; that is in its log, and not twice.
    assert.ok(
      apps
        .logs('web')
        .last(10)
        .some(({text}) => text === 'no database'),
    );
    await apps.register(registrationOf('web'));
    assert.equal((await apps.start('web')).problem, null);
  });

  it('counts those who follow it', async () => {
    const apps = openApps();
    await apps.register(registrationOf('web'));
    const stops = [apps.subscribe('web', () => undefined), apps.subscribe('web', () => undefined)];
    assert.equal(apps.status('web').clients, 2);
    for (const stop of stops) stop();
    assert.equal(apps.status('web').clients, 0);
  });
});

describe('removing an app', () => {
  it('ends its process, its routes and its log', async () => {
    const apps = openApps();
    await apps.register(registrationOf('web'));
    await apps.start('web');
    const {name, state, pid} = await apps.remove('web');
    assert.deepEqual({name, state, pid}, {name: 'web', state: 'stopped', pid: null});
    assert.deepEqual([apps.list(), apps.routes()], [[], []]);
  });

  it('tells who follows it', async () => {
    const apps = openApps();
    await apps.register(registrationOf('web'));
    const told = new Promise<void>(resolve => apps.subscribe('web', () => apps.has('web') || resolve()));
    await apps.remove('web');
    await told;
  });

  it('does not end the process of one that is registered again while the first one stops', async () => {
    const apps = openApps();
    const program = `trap 'exit 0' TERM; echo 4000 >&4; while :; do sleep 0.05; done`;
    await apps.register(registrationOf('web', {command: ['sh', '-c', program]}));
    await apps.start('web');
    const removing = apps.remove('web');
    await apps.register(registrationOf('web'));
    const starting = apps.start('web');
    await removing;
    assert.equal((await starting).state, 'ready');
    assert.equal(apps.status('web').state, 'ready');
  });

  it.each(['start', 'restart', 'remove'] as const)(
    'or any other: %s of an unknown app names the known',
    async method => {
      const apps = openApps();
      const codeAndHint = (error: {code?: string; hint?: string}): string => `${error.code}: ${error.hint}`;
      const fail = (): Promise<string> => apps[method]('nobody').then(() => 'no error', codeAndHint);
      assert.equal(await fail(), 'NO_SUCH_APP: run "tako dev" in its folder');
      await apps.register(registrationOf('web'));
      assert.equal(await fail(), 'NO_SUCH_APP: registered: web');
    },
  );
});

describe('a request for an app', () => {
  it('starts it', async () => {
    const apps = openApps();
    await apps.register(registrationOf('web'));
    assert.equal((await apps.activate('web')).port, 4000);
  });

  it('is told of an early exit with the last lines of the app', async () => {
    const apps = openApps();
    await apps.register(failing('web'));
    await assert.rejects(apps.activate('web'), error => {
      assert.ok(error instanceof ActivationError);
      assert.deepEqual([error.failure, error.code, error.details], ['failed', 'APP_EXITED_EARLY', ['no database']]);
      return true;
    });
  });

  it('is told of a start that took too long as such', async () => {
    const apps = openApps();
    await apps.register(registrationOf('web', {command: ['sleep', '600'], readyTimeoutMs: 50}));
    await assert.rejects(apps.activate('web'), error => {
      assert.ok(error instanceof ActivationError);
      assert.deepEqual([error.failure, error.code], ['timed-out', 'APP_NOT_READY']);
      return true;
    });
  });
});

describe('the secrets of an app', () => {
  /** Writes down what it is given, and is ready. */
  const NOTER = ['sh', '-c', 'cat <&3 > given; printf %s "$API_KEY" > set; echo 4000 >&4; exec sleep 600'];
  const setKey = (folder: string, keys: KeyStore, value: string): Promise<void> =>
    setSecrets({projectDirectory: folder, keys, dataFolder: folder}, 'development', [
      {name: 'API_KEY', value, expiresOn: null},
    ]);

  it('are read for each start, and reach its process only', async () => {
    const folder = temporaryFolder();
    const keys = openKeyFiles(folder);
    const apps = openApps(path.join(folder, 'registry.sqlite'));
    const registration = registrationOf('web', {directory: folder, command: NOTER, secretDelivery: 'both'});
    await setKey(folder, keys, 'first value');
    await apps.register(registration);
    await apps.start('web');
    const read = (file: string): string => readFileSync(path.join(folder, file), 'utf8');
    assert.deepEqual([JSON.parse(read('given')).secrets, read('set')], [{API_KEY: 'first value'}, 'first value']);
    await setKey(folder, keys, 'second value');
    await apps.restart('web');
    assert.equal(read('set'), 'second value');
    assert.ok(!JSON.stringify([apps.list(), apps.registrations()]).includes('value'));
    assert.ok(!readFileSync(path.join(folder, 'registry.sqlite')).includes('second value'));
  });

  it('that cannot be read are why it does not start', async () => {
    const folder = temporaryFolder();
    await setKey(folder, openKeyFiles(temporaryFolder()), 'the value');
    const apps = openApps(path.join(folder, 'registry.sqlite'));
    await apps.register(registrationOf('web', {directory: folder}));
    await assert.rejects(apps.start('web'), error => errorCode(error) === 'SECRET_KEY_MISSING');
    assert.equal(apps.status('web').problem?.code, 'SECRET_KEY_MISSING');
  });
});
