import assert from 'node:assert/strict';
import {once} from 'node:events';
import {connect} from 'node:net';
import {afterEach, beforeEach, describe, it} from 'vitest';
import {openContractPipes} from '../../src/supervisor/contract-pipes.js';
import type {LaunchSpec} from '../../src/supervisor/launch-spec.js';
import {awaitReadiness} from '../../src/supervisor/readiness.js';
import {type SpawnedApp, spawnApp} from '../../src/supervisor/spawn.js';
import {systemClock} from '../../src/system/clock.js';
import {eventually} from '../helpers/eventually.js';
import {commandSpec, fixtureSpec, isAlive} from './apps.js';
import {failureOf, harnessOfEachTest} from './harness.js';

const {harness, supervisor} = harnessOfEachTest();
const spawned: SpawnedApp[] = [];

beforeEach(() => void spawned.splice(0));
afterEach(() => {
  for (const app of spawned) app.kill();
});

const ID = '00112233aabbccdd';

/** A process that another supervisor could have started. */
async function spawnElsewhere(spec: LaunchSpec): Promise<SpawnedApp> {
  const app = await spawnApp(spec, ID, await openContractPipes());
  spawned.push(app);
  return app;
}

async function untilReady(app: SpawnedApp) {
  const {signs, exited} = app;
  const {signal} = new AbortController();
  const readiness = await awaitReadiness({signs, exited, timeoutMs: 20_000, signal}, systemClock);
  assert.ok(readiness.outcome === 'ready');
  return readiness.endpoint;
}

describe('a process that is adopted', () => {
  it('is the ready instance of its app, with a record and its output', async () => {
    const spec = commandSpec([process.execPath, '-e', TALKS]);
    const app = await spawnElsewhere(spec);
    const endpoint = await untilReady(app);
    const upstream = await supervisor.adopt(spec, app, endpoint, 123);
    assert.deepEqual(upstream, {...endpoint, pid: app.pid});
    assert.deepEqual(supervisor.instance('web'), {state: 'ready', pid: app.pid, startedAt: 123, endpoint});
    assert.deepEqual(
      harness.records.all().map(({id, app: name}) => [id, name]),
      [[ID, 'web']],
    );
    assert.equal(supervisor.serving('web'), upstream);
    await harness.until(() => harness.printed().includes('I am here'));
    assert.deepEqual(harness.saidByTako(), [
      `pid ${app.pid} was there already, and goes on`,
      `pid ${app.pid} is ready on port ${endpoint.port}`,
    ]);
  });

  it('is stopped as any other, and leaves no record', async () => {
    const spec = fixtureSpec('fd4-server');
    const app = await spawnElsewhere(spec);
    await supervisor.adopt(spec, app, await untilReady(app), 0);
    await supervisor.stop('web');
    assert.equal(await isAlive(app.pid), false);
    assert.deepEqual([supervisor.instance('web').state, harness.records.all()], ['stopped', []]);
  });

  it('is started again when it crashes', async () => {
    const spec = fixtureSpec('crashes');
    const app = await spawnElsewhere(spec);
    const {port} = await supervisor.adopt(spec, app, await untilReady(app), 0);
    connect(port, '127.0.0.1').on('error', () => {});
    await harness.untilState('backing-off');
    await harness.untilState('ready');
    const now = supervisor.instance('web');
    assert.ok(now.state === 'ready' && now.pid !== app.pid);
  });

  it('that is not ready yet is waited for', async () => {
    const spec = fixtureSpec('slow-server');
    const app = await spawnElsewhere(spec);
    const adopted = supervisor.adopt(spec, app, undefined, Date.now());
    await harness.untilState('starting');
    const {pid} = await supervisor.start(spec);
    assert.deepEqual([pid, (await adopted).pid], [app.pid, app.pid]);
  });

  it('that ends before it is ready fails as any other', async () => {
    const spec = fixtureSpec('exits-early');
    const app = await spawnElsewhere(spec);
    const error = await failureOf(supervisor.adopt(spec, app, undefined, Date.now()));
    assert.deepEqual(error.exit, {code: 3, signal: null});
  });

  it('that has ended already counts as a crash of it', async () => {
    const spec = fixtureSpec('crashes');
    const app = await spawnElsewhere(spec);
    const endpoint = await untilReady(app);
    await once(
      connect(endpoint.port, '127.0.0.1').on('error', () => {}),
      'close',
    );
    await app.exited;
    await supervisor.adopt(spec, app, endpoint, 0);
    await eventually(() => {
      const now = supervisor.instance('web');
      assert.ok(now.state === 'ready' && now.pid !== app.pid);
    });
  });

  it('is followed by a restart', async () => {
    const spec = fixtureSpec('fd4-server');
    const app = await spawnElsewhere(spec);
    await supervisor.adopt(spec, app, await untilReady(app), 0);
    const {pid} = await supervisor.restart(spec);
    assert.notEqual(pid, app.pid);
    await eventually(async () => assert.equal(await isAlive(app.pid), false));
  });

  it('is followed where it moves', async () => {
    const spec = commandSpec([process.execPath, '-e', MOVES], {ready: 'any'});
    const app = await spawnElsewhere(spec);
    const {signs} = app;
    const endpoint = await eventually(() => {
      const [listener] = signs.reports.listeners();
      assert.ok(listener);
      return {host: '127.0.0.1', port: listener.port, isTls: false} as const;
    });
    await supervisor.adopt(spec, app, endpoint, 0);
    connect(endpoint.port, '127.0.0.1').on('error', () => {});
    await harness.until(() => {
      const now = supervisor.instance('web');
      return now.state === 'ready' && now.endpoint.port !== endpoint.port;
    });
  });

  it('is not taken by an app that has an instance already', async () => {
    const spec = fixtureSpec('fd4-server');
    await supervisor.start(spec);
    const app = await spawnElsewhere(spec);
    await assert.rejects(supervisor.adopt(spec, app, await untilReady(app), 0), /is there already/);
  });
});

const TALKS = `
  console.log('I am here');
  const {writeSync} = require('node:fs');
  const server = require('node:http').createServer().listen(0, '127.0.0.1', () => writeSync(4, server.address().port + '\\n'));
`;

/** To another port, once somebody has connected. */
const MOVES = `
  const http = require('node:http');
  const first = http.createServer().listen(0, '127.0.0.1');
  first.once('connection', socket => { socket.destroy(); first.close(() => http.createServer().listen(0, '127.0.0.1')); });
`;
