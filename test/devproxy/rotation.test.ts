import assert from 'node:assert/strict';
import {X509Certificate} from 'node:crypto';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {connect, type TLSSocket} from 'node:tls';
import {afterEach, beforeEach, describe, it} from 'vitest';
import {openAuthority} from '../../src/ca/authority.js';
import {createSuccessor, installSuccessor, storeSuccessor} from '../../src/ca/rotate-authority.js';
import {systemClock} from '../../src/system/clock.js';
import {createDevMachine, type DevMachine, pidOf} from '../helpers/dev-machine.js';
import {eventually} from '../helpers/eventually.js';

let machine: DevMachine;

beforeEach(() => {
  machine = createDevMachine();
});
afterEach(() => machine.close());

async function rotate(): Promise<void> {
  const options = {folder: path.join(machine.tako.home, 'ca'), clock: systemClock};
  await storeSuccessor(options.folder, createSuccessor((await openAuthority(options)).constraints, options));
  await installSuccessor(options);
}

/** A connection that trusts the root of the moment alone; resolves when the handshake succeeded. */
async function open(port: number): Promise<TLSSocket> {
  const ca = readFileSync(path.join(machine.tako.home, 'ca/ca.crt'));
  const socket = connect({host: '127.0.0.1', port, servername: 'shop.test', ca});
  await once(socket, 'secureConnect');
  return socket;
}

async function ask(socket: TLSSocket): Promise<string> {
  socket.write('GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n');
  const [data] = (await once(socket, 'data')) as [Buffer];
  return data.toString().split('\r\n', 1)[0] ?? '';
}

describe('a root that is replaced while the daemon runs', () => {
  it('signs from the next connection on, and neither connections nor apps are ended for it', async () => {
    const project = machine.project('shop');
    const dev = machine.tako.dev(project.directory);
    const pid = pidOf(await dev.ready());
    const {https, pid: daemonPid} = await machine.daemonInfo();
    const before = await open(https.port);
    assert.match(await ask(before), /200/);

    await rotate();
    const after = await open(https.port);
    assert.notEqual(after.getPeerX509Certificate()?.issuer, before.getPeerX509Certificate()?.issuer);
    assert.match(await ask(after), /200/);
    assert.match(await ask(before), /200/);
    assert.equal(pidOf(await machine.app('shop')), pid);
    assert.equal((await machine.daemonInfo()).pid, daemonPid);
    before.destroy();
    after.destroy();
  });

  it('is in the bundle of the apps that start from then on', async () => {
    const project = machine.project('shop');
    await machine.tako.dev(project.directory).ready();
    const {https} = await machine.daemonInfo();
    await rotate();
    (await open(https.port)).destroy();
    assert.equal((await machine.tako.run(['restart', 'shop'])).code, 0);
    const root = new X509Certificate(readFileSync(path.join(machine.tako.home, 'ca/ca.crt')));
    await eventually(() => {
      const bundle = readFileSync(path.join(machine.tako.home, 'ca-bundle.pem'), 'utf8');
      assert.ok(bundle.endsWith(root.toString()));
    });
  });
});
