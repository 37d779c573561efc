import assert from 'node:assert/strict';
import {connect} from 'node:net';
import {text} from 'node:stream/consumers';
import {afterAll, describe, it} from 'vitest';
import {untilGone} from '../helpers/tako.js';
import {closeClients, createAsk, startLoad} from './tutorial-client.js';
import {endPrograms, type Program, startBefore, startUpstream} from './tutorial-program.js';

/** Written by the one that holds the ports, once it knows. */
const WORKER = /worker (\d+) has taken over/;
const SERVING = /listening on port (\d+)/;

afterAll(async () => {
  await closeClients();
  await endPrograms();
});

describe('5: metrics and restart', () => {
  const start = async (): Promise<Program> => startBefore('5-metrics-and-restart', await startUpstream());

  it('logs and counts each request, and what was refused', async () => {
    const program = await start();
    await createAsk(program.origin)('/a?b');
    const [line] = await program.line(/^\{"client".*"target".*$/);
    const {client, method, target, status, outcome, attempts} = JSON.parse(line);
    assert.deepEqual([client, method, target], ['127.0.0.1', 'GET', '/a?b']);
    assert.deepEqual([status, outcome, attempts], [200, 'answered', 1]);
    assert.match(await sendRaw(program.port, 'this is not HTTP\r\n\r\n'), /^HTTP\/1.1 400 /);
    await program.line(/"status":400/);
    const metrics = await readMetrics(program);
    assert.match(metrics, /^proxy_requests_total\{status="200"\} 1$/m);
    assert.match(metrics, /^proxy_requests_total\{status="400"\} 1$/m);
    assert.match(metrics, /^proxy_request_duration_seconds_bucket\{le="\+Inf"\} 2$/m);
    assert.match(metrics, /^proxy_requests_in_flight 0$/m);
  });

  it('fails no request while new processes take over', async () => {
    const program = await start();
    const load = startLoad(createAsk(program.origin));
    await load.more(100);
    for (const restart of [1, 2]) {
      const [, pid] = await program.line(WORKER, restart);
      process.kill(program.pid, 'SIGHUP');
      await program.line(WORKER, restart + 1);
      await untilGone(Number(pid));
      await load.more(100);
    }
    await load.stop();
    assert.deepEqual(load.failures, []);
    assert.deepEqual(new Set(load.answers.map(({status}) => status)), new Set([200]));
    assert.equal(await program.end('SIGTERM'), 0);
  });

  it('replaces a worker that died', async () => {
    const program = await start();
    const [, pid] = await program.line(WORKER);
    process.kill(Number(pid), 'SIGKILL');
    const [, port] = await program.line(SERVING, 2);
    assert.equal((await createAsk(`http://127.0.0.1:${port}`)('/')).status, 200);
  });

  it('ends, and does not try for ever, when its worker cannot start', async () => {
    const program = await start();
    await assert.rejects(
      startBefore('5-metrics-and-restart', program, {PORT: String(program.port)}),
      /ended before it wrote .*\n.*port \d+ is in use/s,
    );
  });
});

async function readMetrics(program: Program): Promise<string> {
  const [, port] = await program.line(/metrics on port (\d+)/);
  return (await createAsk(`http://127.0.0.1:${port}`)('/metrics')).body;
}

function sendRaw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.end(bytes);
  return text(socket);
}
