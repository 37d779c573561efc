import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import {Agent} from 'node:https';
import path from 'node:path';
import {type ConnectionOptions, connect, type TLSSocket} from 'node:tls';
import {afterAll, describe, it} from 'vitest';
import {createTestCertificate} from '../helpers/certificates.js';
import {untilGone} from '../helpers/tako.js';
import {createHome, get, type RunningProxy, startNamed, startProxy, startUpstream} from './proxy-support.js';
import {temporaryFolder} from './support.js';

const home = createHome();
afterAll(home.remove);

const proxy = (...args: string[]) => startProxy(home.folder, '--workers', '2', '--access-log', ...args);

const pidsIn = ({requests}: RunningProxy): Set<number> => new Set(requests().map(({pid}) => pid));

/** Asks on ever new connections until so many workers have answered, and gives their pids. */
async function findWorkers(running: RunningProxy, count = 2): Promise<number[]> {
  while (pidsIn(running).size < count) {
    await Promise.all(Array.from({length: 10}, () => get(running.ready.url, {ca: home.ca()})));
    await new Promise(resolve => setTimeout(resolve, 120));
  }
  return [...pidsIn(running)];
}

type Exchange = {readonly isResumed: boolean; readonly session: Promise<Buffer>};

/** One request on a connection of its own, which may resume a session. */
async function exchange(port: number, target: string, options: ConnectionOptions = {}): Promise<Exchange> {
  const socket = connect({port, host: '127.0.0.1', servername: 'app.test', ca: home.ca(), ...options});
  const session = new Promise<Buffer>(resolve => socket.once('session', resolve));
  await answered(socket, `GET ${target} HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n`);
  return {isResumed: socket.isSessionReused(), session};
}

const answered = (socket: TLSSocket, request: string): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.on('data', () => resolve());
    socket.on('error', reject);
    socket.write(request);
  });

describe('tako proxy --workers', () => {
  it('answers from several processes, none of which is the command', async () => {
    const app = await startNamed('app');
    const running = await proxy('--to', app.address);
    assert.equal(running.ready.workers, 2);
    const workers = await findWorkers(running);
    assert.equal(workers.length, 2);
    assert.ok(!workers.includes(running.child.pid ?? 0));
  });

  it('resumes in one worker a session that another made', async () => {
    const app = await startNamed('app');
    const running = await proxy('--to', app.address);
    const session = await (await exchange(running.port, '/first')).session;
    for (let asked = 0; pidsIn(running).size < 2; asked += 10) {
      const resumed = await Promise.all(Array.from({length: 10}, () => exchange(running.port, '/again', {session})));
      assert.ok(resumed.every(({isResumed}) => isResumed));
      await running.untilRequests(asked + 11);
    }
  });

  it('replaces a worker that is killed, without a failed request on the others', async () => {
    const app = await startNamed('app');
    const running = await proxy('--to', app.address);
    const {url} = running.ready;
    const [victim = 0, other = 0] = await findWorkers(running);
    const agents = await agentsOf(other, running);
    let isOver = false;
    const load = Promise.all([
      ...agents.map(async agent => {
        while (!isOver) assert.equal((await get(url, {agent, ca: home.ca()})).status, 200);
      }),
      onNewConnections(url, () => isOver),
    ]);
    process.kill(victim, 'SIGKILL');
    await running.until(`worker ${victim} ended with SIGKILL`);
    const workers = await findWorkers(running, 3);
    isOver = true;
    await load;
    for (const agent of agents) agent.destroy();
    assert.ok(workers.some(pid => pid !== victim && pid !== other));
    assert.ok(running.requests().every(({status}) => status === 200));
  });

  it('lets slow requests end in every worker when it is stopped', async () => {
    const app = await startUpstream((_, answer) => {
      answer.write('first ');
      setTimeout(() => answer.end('last'), 800);
    });
    const {ready, child, ended} = await proxy('--http', '--to', app.address);
    const slow = Promise.all(Array.from({length: 10}, () => get(ready.url)));
    await new Promise(resolve => setTimeout(resolve, 300));
    child.kill('SIGTERM');
    assert.ok((await slow).every(({body}) => body === 'first last'));
    assert.equal((await ended).code, 0);
    await assert.rejects(get(ready.url), {code: 'ECONNREFUSED'});
  });

  it('ends its workers when it is killed itself', async () => {
    const app = await startNamed('app');
    const running = await proxy('--http', '--to', app.address);
    const workers = await findWorkers(running);
    running.child.kill('SIGKILL');
    await Promise.all(workers.map(untilGone));
  });

  it('tells every worker of the health that its owner found', async () => {
    const app = await startUpstream((request, answer) => {
      answer.statusCode = request.url === '/up' ? 500 : 200;
      answer.end();
    });
    const running = await proxy('--http', '--to', app.address, '--health-path', '/up');
    const workers = await findWorkers(running);
    await running.until('is unhealthy');
    await new Promise(resolve => setTimeout(resolve, 200));
    const before = running.requests().length;
    const statusesOf = (pid: number) =>
      running
        .requests()
        .slice(before)
        .filter(line => line.pid === pid)
        .map(line => line.status);
    while (workers.some(pid => statusesOf(pid).length === 0)) {
      await get(running.ready.url);
      await new Promise(resolve => setTimeout(resolve, 20));
    }
    for (const pid of workers) assert.deepEqual(new Set(statusesOf(pid)), new Set([503]));
  });

  it('leaves out an upstream by what all workers saw of it together', async () => {
    const app = await startNamed('app');
    const running = await proxy('--http', '--to', '127.0.0.1:1', '--to', app.address);
    const answers = await Promise.all(Array.from({length: 30}, () => get(running.ready.url)));
    assert.ok(answers.every(({body}) => body === 'app'));
    await running.until('127.0.0.1:1 is left out for a while');
    await new Promise(resolve => setTimeout(resolve, 200));
    await Promise.all(Array.from({length: 20}, (_, index) => get(`${running.ready.url}/later/${index}`)));
    const later = await running.untilRequests(20, ({target}) => target.startsWith('/later/'));
    assert.ok(later.every(({attempts, upstream}) => attempts === 1 && upstream === app.address));
  });

  it('gives every worker the certificate that was read anew', async () => {
    const [old, next] = [createTestCertificate('app.test'), createTestCertificate('app.test')];
    const folder = temporaryFolder();
    const [certFile, keyFile] = [path.join(folder, 'a.crt'), path.join(folder, 'a.key')];
    const write = ({cert, key}: typeof old): void => {
      writeFileSync(certFile, cert);
      writeFileSync(keyFile, key);
    };
    write(old);
    const app = await startNamed('app');
    const {ready, child, until, untilRequests} = await proxy('--to', app.address, '--cert', certFile, '--key', keyFile);
    assert.equal((await get(ready.url, {ca: old.cert, servername: 'app.test'})).body, 'app');
    write(next);
    child.kill('SIGHUP');
    await until('the certificate was read anew');
    await new Promise(resolve => setTimeout(resolve, 200));
    for (let pids = new Set<number>(); pids.size < 2; pids = new Set((await untilRequests(1)).map(({pid}) => pid))) {
      assert.equal((await get(`${ready.url}/new`, {ca: next.cert, servername: 'app.test'})).body, 'app');
      await new Promise(resolve => setTimeout(resolve, 120));
    }
  });
});

/** Agents that each keep one connection to the worker with this pid. */
async function agentsOf(pid: number, {ready, untilRequests}: RunningProxy): Promise<Agent[]> {
  const agents: Agent[] = [];
  for (let number = 0; agents.length < 3; number++) {
    const agent = new Agent({keepAlive: true, maxSockets: 1});
    await get(`${ready.url}/agent/${number}`, {agent, ca: home.ca()});
    const [line] = await untilRequests(1, ({target}) => target === `/agent/${number}`);
    if (line?.pid === pid) agents.push(agent);
    else agent.destroy();
  }
  return agents;
}

/** A connection that the killed worker had is lost with it; one that cannot be opened would be our fault. */
async function onNewConnections(url: string, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    try {
      assert.equal((await get(url, {ca: home.ca()})).status, 200);
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ECONNRESET');
    }
  }
}
