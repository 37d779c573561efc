// undici against `tako proxy`: many requests at once on few connections, pipelined and over HTTP/2.

import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import type {LookupFunction} from 'node:net';
import {Readable} from 'node:stream';
import {Agent, type Dispatcher, fetch, request} from 'undici';
import {describe, it, onTestFinished} from 'vitest';
import {SHOP, shareProxy} from './shared-proxy.js';

const proxy = shareProxy((incoming, response) => {
  if (incoming.method === 'POST') incoming.pipe(response);
  else setTimeout(() => response.end(incoming.url), Number(incoming.url?.length) % 3);
});

const KINDS: Readonly<Record<string, {readonly isPlain: boolean; readonly options: Agent.Options}>> = {
  'plain, one after the other': {isPlain: true, options: {pipelining: 1}},
  'plain, pipelined': {isPlain: true, options: {pipelining: 10}},
  'over TLS': {isPlain: false, options: {allowH2: false}},
  'over HTTP/2': {isPlain: false, options: {allowH2: true, pipelining: 50}},
};

function start(kind: string): {readonly url: string; readonly dispatcher: Dispatcher} {
  const {isPlain, options} = KINDS[kind] ?? assert.fail();
  const connect = {ca: readFileSync(proxy.ca, 'utf8'), lookup: findLoopback};
  const dispatcher = new Agent({connections: 4, connect, ...options});
  onTestFinished(() => dispatcher.destroy());
  const url = isPlain ? `http://${SHOP}:${proxy.plainPort}` : `https://${SHOP}:${proxy.securePort}`;
  return {url, dispatcher};
}

const findLoopback: LookupFunction = (_host, _options, done) => done(null, [{address: '127.0.0.1', family: 4}]);

describe.each(Object.keys(KINDS))('undici, %s', kind => {
  it('gets each answer to its own request', async () => {
    const {url, dispatcher} = start(kind);
    const targets = Array.from({length: 300}, (_, index) => `/${index}?${'x'.repeat(1 + (index % 7))}`);
    const bodies = await Promise.all(
      targets.map(async target => {
        const {statusCode, body} = await request(url + target, {dispatcher});
        return `${statusCode} ${await body.text()}`;
      }),
    );
    assert.deepEqual(
      bodies,
      targets.map(target => `200 ${target}`),
    );
  });

  it('gets back what it sends as a stream', async () => {
    const {url, dispatcher} = start(kind);
    const pieces = Array.from({length: 50}, (_, index) => Buffer.alloc(10_000, index));
    const body = Readable.toWeb(Readable.from(pieces)) as ReadableStream<Uint8Array>;
    const answer = await fetch(url, {method: 'POST', body, duplex: 'half', dispatcher});
    assert.ok(Buffer.from(await answer.arrayBuffer()).equals(Buffer.concat(pieces)));
  });

  it('may give a request up and go on', async () => {
    const {url, dispatcher} = start(kind);
    for (let index = 0; index < 10; index++) {
      const given = new AbortController();
      const asked = request(`${url}/${index}`, {dispatcher, signal: given.signal});
      setTimeout(() => given.abort(), index % 4);
      await asked.then(({body}) => body.dump()).catch(({name}) => assert.equal(name, 'AbortError'));
    }
    const {statusCode, body} = await request(`${url}/last`, {dispatcher});
    assert.deepEqual([statusCode, await body.text()], [200, '/last']);
  });
});
