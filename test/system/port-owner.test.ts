import assert from 'node:assert/strict';
import {createSocket} from 'node:dgram';
import {once} from 'node:events';
import {type AddressInfo, createServer} from 'node:net';
import {describe, it, onTestFinished} from 'vitest';
import {describePortOwner, findPortOwner} from '../../src/system/port-owner.js';

async function listen(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe('the owner of a port', () => {
  it.each(['127.0.0.1', '::1', '0.0.0.0', '::'])('is the process that listens on %s', async host => {
    const port = await listen(host);
    assert.equal((await findPortOwner(port, 'tcp'))?.pid, process.pid);
    assert.match((await describePortOwner(port, 'tcp')) ?? '', new RegExp(`^\\S.* \\(pid ${process.pid}\\)$`));
  });

  it('is the process with that UDP port', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    onTestFinished(() => void socket.close());
    await once(socket, 'listening');
    const {port} = socket.address();
    assert.equal((await findPortOwner(port, 'udp'))?.pid, process.pid);
    assert.equal(await findPortOwner(port, 'tcp'), undefined);
  });

  it('is nobody when nobody listens', async () => {
    assert.equal(await describePortOwner(1, 'tcp'), undefined);
  });
});
