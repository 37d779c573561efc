// Clients that end their side early: they have said all they had to say, and still listen.

import assert from 'node:assert/strict';
import {setTimeout as delay} from 'node:timers/promises';
import {describe, it} from 'vitest';
import {settle, startPlayedUpstream, watch} from '../proxy/conformance/exchanges.js';
import {get} from '../proxy/conformance/vector.js';
import {openTcp} from '../proxy/harness.js';
import {startProxyHere} from './proxy-here.js';

const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n';

/** A client that has ended its side behind its request, which has reached the app. */
async function askAndEnd(request: string) {
  const upstream = await startPlayedUpstream();
  const proxy = await startProxyHere({upstream, timeouts: {halfClosedMs: 1_000}});
  const client = watch(await openTcp(proxy.plainPort));
  client.socket.end(request);
  const app = await upstream.accept();
  await app.until('\r\n\r\n');
  await settle();
  return {proxy, client, app};
}

describe('a client that ends its side', () => {
  it('before the app agrees to an upgrade ends it for the app too, and nothing stays open', async () => {
    const {proxy, client, app} = await askAndEnd(get('Connection: upgrade', 'Upgrade: echo'));
    const ended = new Promise(resolve => app.socket.once('end', resolve));
    // It ends its side, too, once it has seen the end of the client's.
    app.socket.write(`${SWITCH}bye`);
    await ended;
    await client.closed();
    assert.match(client.received(), /^HTTP\/1\.1 101 [\s\S]*\r\n\r\nbye$/);
    await proxy.untilIdle();
  });

  it('gets an answer that is still coming when it waits no longer for its beginning', async () => {
    const {proxy, client, app} = await askAndEnd(get());
    app.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n');
    for (let index = 0; index < 14; index++) {
      await delay(200);
      app.socket.write('x');
    }
    await client.closed();
    assert.match(client.received(), /\r\n\r\nx{14}$/);
    await proxy.untilIdle();
  });

  it('is let go of when no answer comes', async () => {
    const {proxy, client, app} = await askAndEnd(get());
    await app.closed();
    await client.closed();
    await proxy.untilIdle();
  });
});
