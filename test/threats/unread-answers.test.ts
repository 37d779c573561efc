// Clients that ask for much and take little of it: nobody pays for them, and those who are only slow get all of it.

import assert from 'node:assert/strict';
import {setTimeout as delay} from 'node:timers/promises';
import {describe, it, onTestFinished} from 'vitest';
import {scaled} from '../helpers/soak.js';
import {HOST, openTcp, readAll, readUntil} from '../proxy/harness.js';
import {openMany, openPlain, openSecure, startApp, startLargeAnswers, untilClosed, watch} from './attack.js';
import {ask, startProbe} from './probe.js';
import {type ProxyHere, startProxyHere} from './proxy-here.js';
import {connectionsIn, startProxyProcess, untilTrue} from './proxy-process.js';

const MIB = 2 ** 20;

/** Asks for more than the system holds for a client that does not read, and waits until the proxy has let go of it. */
async function assertCutOff(length: number, requests: string): Promise<void> {
  const upstream = await startLargeAnswers(length);
  const proxy = await startProxyProcess({upstream, timeouts: {sendMs: 1_000, idleMs: 1_000}});
  const {socket} = await openPlain(proxy);
  onTestFinished(() => void socket.destroy());
  socket.pause();
  socket.write(requests);
  await untilTrue(async () => connectionsIn((await proxy.look()).resources) > 0);
  await proxy.untilQuiet();
}

describe('clients that never read', () => {
  it('an answer without end are cut off, and so is the app', async () => {
    const app = await startApp();
    const proxy = await startProxyProcess({upstream: app, timeouts: {sendMs: 1_000}});
    const probe = await startProbe(proxy.plainPort);
    const attacks = await openMany(scaled(20, 1_000), async index => {
      const attack = await (index % 2 === 0 ? openPlain(proxy) : openSecure(proxy));
      attack.socket.pause();
      attack.socket.write(`GET /endless HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
      return attack;
    });
    await probe.stop();
    await proxy.untilQuiet();
    for (const {socket} of attacks) socket.resume();
    await untilClosed(attacks);
    for (const {received} of attacks) assert.ok(!received().endsWith('0\r\n\r\n'));
  });

  it('the end of what they asked for are cut off, however they asked', async () => {
    const one = `GET / HTTP/1.1\r\nHost: ${HOST}\r\n`;
    // They mostly wait.
    await Promise.all([
      assertCutOff(16 * MIB, `${one}\r\n`),
      assertCutOff(16 * MIB, `${one}Connection: close\r\n\r\n`),
      assertCutOff(50_000, `${one}\r\n`.repeat(400)),
    ]);
  });

  it('what they ask for many times do not make the proxy keep it all', async () => {
    const proxy = await startProxyProcess({upstream: await startLargeAnswers(50_000)});
    const probe = await startProbe(proxy.plainPort);
    const before = await proxy.collect();
    const attacks = await openMany(scaled(4, 20), async () => {
      const attack = await openPlain(proxy);
      attack.socket.pause();
      attack.socket.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`.repeat(2_000));
      return attack;
    });
    await delay(2_000);
    await probe.stop();
    const {rss} = await proxy.collect();
    const keptForEach = (rss - before.rss) / attacks.length;
    assert.ok(keptForEach < 8 * MIB, `${Math.round(keptForEach / MIB)} MiB are kept for each`);
  });

  it('leave nothing behind that would hold back the answers of others', async () => {
    const app = await startLargeAnswers(60_000);
    const {plainPort} = await startProxyHere({upstream: app});
    const attack = watch(await openTcp(plainPort));
    attack.socket.pause();
    // Somewhere among them is the one whose answer the system no longer takes in one piece.
    for (let index = 1; index <= 150; index++) {
      attack.socket.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
      await delay(2);
      assert.equal(await ask(plainPort, '/', false), 200);
    }
  });
});

/** All that comes for a client that does nothing for a while behind the head of its answer. */
async function readLate({plainPort}: ProxyHere, version: string): Promise<number> {
  const socket = await openTcp(plainPort);
  socket.write(`GET / HTTP/${version}\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
  await readUntil(socket, '\r\n\r\n');
  // Longer than a connection lingers that is to be closed.
  await delay(3_500);
  return (await readAll(socket)).length;
}

describe('clients that read slowly', () => {
  it('get all of an answer behind which their connection closes, in every version', async () => {
    const body = Buffer.alloc(24 * MIB, 'x');
    const proxy = await startProxyHere({
      requestFilter(session) {
        session.respond(200, {'content-type': 'text/plain'}, body);
        return true;
      },
    });
    // What came with the head is not counted.
    const lengths = await Promise.all(['1.0', '1.1'].map(version => readLate(proxy, version)));
    for (const length of lengths) assert.ok(length > body.length - MIB, `${length} of ${body.length} bytes came`);
  });
});
