import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {eventually} from '../../helpers/eventually.js';
import {
  closeStarted,
  get,
  type HolderProcess,
  isAlive,
  makeRoot,
  scriptSpec,
  servingScript,
  startHolderProcess,
} from './holder-process.js';

let holder: HolderProcess;

beforeAll(async () => {
  holder = await startHolderProcess({root: await makeRoot()});
  await holder.server();
});
afterAll(closeStarted);

const talkative = scriptSpec(
  servingScript(`
    if (request.url === '/exit') { console.log('my last words'); setTimeout(() => process.exit(7), 20); }
    else console.log('asked for ' + request.url);
  `),
);

describe('an app whose server process was killed', () => {
  it('stays, and its next server process has its output and its end', async () => {
    const old = await holder.server();
    const {pid, port} = await holder.start(talkative);
    await get(port, '/before');
    process.kill(old, 'SIGKILL');
    await get(port, '/between');

    await holder.serverAfter(old);
    await eventually(async () => assert.equal((await holder.instance(talkative)).state, 'ready'));
    const adopted = await holder.instance(talkative);
    assert.deepEqual(
      [adopted.state, 'pid' in adopted && adopted.pid, 'endpoint' in adopted && adopted.endpoint.port],
      ['ready', pid, port],
    );
    await get(port, '/after');
    await eventually(async () => {
      const lines = await holder.lines(talkative);
      assert.ok(
        lines.some(([, text]) => text === 'asked for /between'),
        JSON.stringify(lines),
      );
      assert.ok(lines.some(([, text]) => text === 'asked for /after'));
    });

    await get(port, '/exit');
    await eventually(async () => {
      const lines = await holder.lines(talkative);
      assert.ok(lines.some(([stream, text]) => stream === 'tako' && text.includes(' exited with code 7')));
    });
    // As one that was started here: it is started again.
    await eventually(async () => assert.equal((await holder.instance(talkative)).state, 'ready'));
    assert.notEqual((await holder.start(talkative)).pid, pid);
  });

  it('may end while there is none: the next one learns how, and its last lines', async () => {
    const old = await holder.server();
    const {pid, port} = await holder.start(talkative);
    process.kill(old, 'SIGKILL');
    await get(port, '/exit');
    await eventually(async () => assert.equal(await isAlive(pid), false));
    await holder.serverAfter(old);
    await eventually(async () => {
      const lines = await holder.lines(talkative);
      const texts = lines.map(([, text]) => text);
      assert.ok(texts.includes('my last words'), JSON.stringify(lines));
      assert.ok(texts.some(text => text.includes(' exited with code 7')));
    });
  });

  it('is adopted while it starts', async () => {
    const slow = scriptSpec(`setTimeout(() => {${servingScript('')}}, 1_500)`);
    const old = await holder.server();
    const lost = holder.start(slow).catch(() => 'lost');
    await eventually(async () => assert.equal((await holder.instance(slow)).state, 'starting'));
    process.kill(old, 'SIGKILL');
    assert.equal(await lost, 'lost');
    await holder.serverAfter(old);
    const {port} = await holder.start(slow);
    assert.equal(await get(port), 'ok');
    const lines = await holder.lines(slow);
    assert.ok(
      lines.some(([, text]) => text.endsWith('was there already, and goes on')),
      JSON.stringify(lines),
    );
  });

  it('may write without end meanwhile, which costs the holder no memory', async () => {
    const flooding = scriptSpec(`
      ${servingScript('')}
      const lines = 'a line of the flood\\n'.repeat(3_000);
      const write = () => process.stdout.write(lines, write);
      setTimeout(write, 500);
    `);
    const flooded = await startHolderProcess({root: await makeRoot()});
    const old = await flooded.server();
    const {pid} = await flooded.start(flooding);
    await flooded.setMode('hangs');
    process.kill(old, 'SIGKILL');
    const residentKib = await residentKibibytes(flooded.child.pid ?? 0);
    const written = await bytesWritten(pid);
    await eventually(async () => assert.ok((await bytesWritten(pid)) > written + 64 * 1024 * 1024), {
      progress: () => bytesWritten(pid),
    });
    const grown = (await residentKibibytes(flooded.child.pid ?? 0)) - residentKib;
    assert.ok(grown < 48 * 1024, `64 MiB of output made the holder grow by ${grown} KiB`);
  });
});

describe('an app', () => {
  it('is ended by its server process, group and all', async () => {
    const parent = scriptSpec(`
      const child = require('node:child_process').spawn('sleep', ['1000']);
      console.log(child.pid);
      ${servingScript('')}
    `);
    const {pid} = await holder.start(parent);
    const child = await eventually(async () => {
      const line = (await holder.lines(parent)).find(([stream]) => stream === 'stdout');
      assert.ok(line);
      return Number(line[1]);
    });
    await holder.ask('/stop', {spec: parent});
    assert.deepEqual([await isAlive(pid), await isAlive(child)], [false, false]);
    assert.equal((await holder.instance(parent)).state, 'stopped');
  });

  it('that cannot be started is explained as any other', async () => {
    const start = (spec: typeof talkative): Promise<Record<string, unknown>> =>
      holder.start(spec).then(
        () => assert.fail('it started'),
        error => error,
      );
    const missing = await start({
      ...talkative,
      app: 'missing',
      command: ['no-such-program'],
      environment: {PATH: '/usr/bin:/bin'},
    });
    assert.equal(missing.code, 'COMMAND_NOT_FOUND');
    const folder = await start({...talkative, app: 'folder', directory: '/no/such/folder'});
    assert.match(String(folder.message), /folder/);
    const exits = await start(scriptSpec('console.error("boom"); process.exit(5)', {app: 'exits'}));
    assert.deepEqual([exits.exit, exits.details], [{code: 5, signal: null}, ['boom']]);
  });

  it('that knows nothing of the contract is followed where it moves, by the next server process too', async () => {
    const moving = scriptSpec(
      `
      const http = require('node:http');
      const serve = port => new Promise(resolve => {
        const server = http.createServer((request, response) => {
          response.end('ok');
          if (request.url === '/move') server.close(() => serve(0));
        }).listen(port, '127.0.0.1', () => resolve());
      });
      serve(Number(process.env.PORT));
    `,
      {ready: 'any'},
    );
    const old = await holder.server();
    const {port} = await holder.start(moving);
    process.kill(old, 'SIGKILL');
    await holder.serverAfter(old);
    await eventually(async () => assert.equal((await holder.instance(moving)).state, 'ready'));
    await get(port, '/move');
    await eventually(async () => {
      const instance = await holder.instance(moving);
      assert.ok(instance.state === 'ready' && instance.endpoint.port !== port);
      assert.equal(await get(instance.endpoint.port), 'ok');
    });
  });
});

async function residentKibibytes(pid: number): Promise<number> {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** What a process has written, to anything. */
async function bytesWritten(pid: number): Promise<number> {
  return Number(/^wchar: (\d+)$/m.exec(await readFile(`/proc/${pid}/io`, 'utf8'))?.[1]);
}
