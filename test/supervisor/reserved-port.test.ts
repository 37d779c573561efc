import assert from 'node:assert/strict';
import {once} from 'node:events';
import {createServer} from 'node:net';
import {describe, it} from 'vitest';
import {findPortTaken, isPortFree, reservePort} from '../../src/supervisor/reserved-port.js';

async function withServer(host: string, use: (port: number) => Promise<void>): Promise<void> {
  const server = createServer();
  await once(server.listen(0, host), 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address);
  try {
    await use(address.port);
  } finally {
    server.close();
  }
}

describe('a reserved port', () => {
  it('is free, and nobody else gets it', async () => {
    const ports = await Promise.all(Array.from({length: 50}, () => reservePort()));
    assert.equal(new Set(ports).size, 50);
    const server = createServer();
    await once(server.listen(ports[0], '127.0.0.1'), 'listening');
    server.close();
  });

  it('is none of those that the system gives to outgoing connections', async () => {
    const port = await reservePort();
    assert.ok(port >= 20_000 && port < 32_768, `${port}`);
  });
});

describe('a port', () => {
  it.each(['127.0.0.1', '::1', '0.0.0.0', '::'])('is not free when somebody listens on %s', async host => {
    await withServer(host, async port => assert.equal(await isPortFree(port), false));
  });

  it('is taken by the process that listens on it, until it does not', async () => {
    let freed = 0;
    await withServer('127.0.0.1', async port => {
      const taken = await findPortTaken(port);
      assert.deepEqual(taken, {outcome: 'port-taken', port, pid: taken?.pid});
      if (process.platform === 'linux') assert.equal(taken?.pid, process.pid);
      freed = port;
    });
    assert.equal(await findPortTaken(freed), undefined);
  });
});
