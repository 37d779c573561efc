// Groups A and E: requests behind one another, and bodies nobody reads.

import assert from 'node:assert/strict';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {describe, it} from 'vitest';
import {createRandom} from '../../helpers/random.js';
import {isSoak} from '../../helpers/soak.js';
import {openTls, startGateway, startUpstream} from '../harness.js';
import {readAnswers} from './answers.js';
import {converse} from './conversation.js';
import {cutApart} from './cuts.js';
import {openClient, startPlayedUpstream} from './exchanges.js';
import {CANARY, chunk, head, post} from './vector.js';

const SEED = 20_260_101;
const MANY = isSoak ? 10_000 : 200;
const MIB = 2 ** 20;

const getPath = (path: string, ...fields: string[]): string => head(`GET ${path} HTTP/1.1`, ...fields);

/** Answers each request with what it was, some later than others. */
async function startEchoingGateway() {
  const random = createRandom(SEED);
  const seen: string[] = [];
  const upstream = await startUpstream(async (request, response) => {
    let body = '';
    for await (const bytes of request) body += bytes;
    seen.push(`${request.method} ${request.url}`);
    for (let turn = random.below(5); turn > 0; turn--) await nextTurn();
    response.end(`${request.method} ${request.url} ${body}`);
  });
  return {seen, gateway: await startGateway({upstream})};
}

const bodiesOf = (bytes: string, methods: readonly string[] = []): string[] =>
  readAnswers(bytes, methods).answers.map(({status, body}) => `${status} ${body}`);

describe('requests behind one another', () => {
  it('are answered in order', async () => {
    const {gateway} = await startEchoingGateway();
    const text = `${getPath('/1')}${getPath('/2')}${getPath('/3', 'Connection: close')}`;
    const {bytes, isClosed} = await converse(await openTls(gateway), [Buffer.from(text)]);
    assert.deepEqual([bodiesOf(bytes), isClosed], [['200 GET /1 ', '200 GET /2 ', '200 GET /3 '], true]);
  });

  it(`are answered in order, ${MANY} of them`, async () => {
    const {gateway} = await startEchoingGateway();
    const paths = Array.from({length: MANY}, (_, index) => `/${index}`);
    const text = paths
      .map((path, index) => getPath(path, ...(index === MANY - 1 ? ['Connection: close'] : [])))
      .join('');
    const {bytes, isClosed} = await converse(await openTls(gateway), [Buffer.from(text)]);
    assert.ok(isClosed);
    assert.deepEqual(
      bodiesOf(bytes),
      paths.map(path => `200 GET ${path} `),
    );
  }, 60_000);

  it('of every kind keep their bounds, however they are cut', async () => {
    const {gateway} = await startEchoingGateway();
    const random = createRandom(SEED);
    const text = [
      getPath('/1'),
      head('POST /2 HTTP/1.1', 'Content-Length: 5').concat('hello'),
      head('PUT /3 HTTP/1.1', 'Transfer-Encoding: chunked').concat(
        chunk('GET /x HTTP/1.1\r\n\r\n'),
        '0\r\nX-A: b\r\n\r\n',
      ),
      head('HEAD /4 HTTP/1.1'),
      head('DELETE /5 HTTP/1.1', 'Content-Length: 2').concat('\r\n'),
      '\r\n',
      head('OPTIONS /6 HTTP/1.1', 'Connection: close'),
    ].join('');
    const expected = [
      '200 GET /1 ',
      '200 POST /2 hello',
      '200 PUT /3 GET /x HTTP/1.1\r\n\r\n',
      '200 ',
      '200 DELETE /5 \r\n',
      '200 OPTIONS /6 ',
    ];
    for (let round = 0; round < (isSoak ? 500 : 20); round++) {
      const cuts = Array.from({length: random.below(8)}, () => random.below(text.length)).toSorted((a, b) => a - b);
      const {bytes} = await converse(await openTls(gateway), cutApart(Buffer.from(text), cuts));
      assert.deepEqual(bodiesOf(bytes, ['GET', 'POST', 'PUT', 'HEAD', 'DELETE', 'OPTIONS']), expected, `${cuts}`);
    }
  }, 60_000);

  it.each([
    ['a length that is none', post(['Content-Length: x'])],
    ['two hosts', getPath('/bad', 'Host: app.test')],
    ['bytes that are no request', '\0\0\0\0\r\n\r\n'],
  ])('are answered before the refusal of %s behind them', async (_, bad) => {
    const {gateway, seen} = await startEchoingGateway();
    const text = `${getPath('/1')}${getPath('/2')}${getPath('/3')}${bad}${CANARY}`;
    const {bytes, isClosed} = await converse(await openTls(gateway), [Buffer.from(text, 'latin1')]);
    const {answers, rest} = readAnswers(bytes);
    assert.deepEqual(
      answers.map(({status}) => status),
      [200, 200, 200, 400],
    );
    assert.deepEqual([rest, isClosed, seen], ['', true, ['GET /1', 'GET /2', 'GET /3']]);
  });

  it('are not answered behind one that asks to close', async () => {
    const {gateway} = await startEchoingGateway();
    const text = `${getPath('/1')}${getPath('/2', 'Connection: close')}${getPath('/3')}`;
    const {bytes, isClosed} = await converse(await openTls(gateway), [Buffer.from(text)]);
    assert.deepEqual([bodiesOf(bytes), isClosed], [['200 GET /1 ', '200 GET /2 '], true]);
  });

  it('wait for the answer before theirs', async () => {
    const upstream = await startPlayedUpstream();
    const gateway = await startGateway({upstream});
    const client = await openClient(gateway);
    client.socket.write(getPath('/1') + getPath('/2', 'Connection: close'));
    const first = await upstream.accept();
    await first.until('\r\n\r\n');
    first.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst');
    await client.until('first');
    first.socket.write('-done');
    await client.until('first-done');
    await (async () => {
      const other = first.received().includes('/2') ? first : await upstream.accept();
      await other.until('GET /2 ');
      other.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond');
    })();
    await client.closed();
    assert.deepEqual(bodiesOf(client.received()), ['200 first-done', '200 second']);
  });
});

describe('an answer while the body is still on its way', () => {
  it.each([
    ['of a length', [`Content-Length: ${8 * MIB}`], Buffer.alloc(8 * MIB, 'x')],
    ['in chunks', ['Transfer-Encoding: chunked'], Buffer.from(chunk('x'.repeat(MIB)).repeat(8).concat('0\r\n\r\n'))],
  ])('%s is delivered in full, and the connection closes', async (_, fields, body) => {
    const upstream = await startPlayedUpstream();
    const gateway = await startGateway({upstream});
    const client = await openClient(gateway);
    client.socket.write(post(fields));
    client.socket.write(body);
    const app = await upstream.accept();
    await app.until('\r\n\r\n');
    app.socket.pause();
    app.socket.write(
      `HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 100000\r\n\r\n${'n'.repeat(100_000)}`,
    );
    await client.closed();
    const {answers, rest} = readAnswers(client.received(), ['POST']);
    assert.deepEqual(
      answers.map(({status, body, isComplete}) => [status, body.length, isComplete]),
      [[413, 100_000, true]],
    );
    assert.equal(rest, '');
  });

  it('goes on beside it when the app reads on', async () => {
    const upstream = await startUpstream((request, response) => request.pipe(response));
    const gateway = await startGateway({upstream});
    const client = await openClient(gateway);
    client.socket.write(head('POST / HTTP/1.1', 'Transfer-Encoding: chunked', 'Connection: close'));
    for (let index = 0; index < 50; index++) {
      client.socket.write(chunk(`part-${index};`));
      await client.until(`part-${index};`);
    }
    client.socket.write('0\r\n\r\n');
    await client.closed();
    const {answers} = readAnswers(client.received(), ['POST']);
    const parts = Array.from({length: 50}, (_, index) => `part-${index};`).join('');
    assert.deepEqual(
      answers.map(({body, isComplete}) => [body, isComplete]),
      [[parts, true]],
    );
  });
});

describe('a body that turns out to be malformed', () => {
  const BAD_CHUNK = '5\r\nhelloXX';

  async function startAnswering() {
    const upstream = await startPlayedUpstream();
    const gateway = await startGateway({upstream});
    const client = await openClient(gateway);
    client.socket.write(post(['Transfer-Encoding: chunked'], chunk('first')));
    const app = await upstream.accept();
    await app.until('first');
    return {client, app};
  }

  it('cuts the answer off that has begun', async () => {
    const {client, app} = await startAnswering();
    app.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbegun');
    await client.until('begun');
    client.socket.write(BAD_CHUNK + CANARY);
    await client.closed();
    await app.closed();
    const {answers, rest} = readAnswers(client.received(), ['POST']);
    assert.deepEqual(
      answers.map(({status, body, isComplete}) => [status, body, isComplete]),
      [[200, 'begun', false]],
    );
    assert.equal(rest, '');
    assert.doesNotMatch(app.received(), /\r\n0\r\n|canary/);
  });

  it('ends the connection behind the answer that is complete', async () => {
    const {client, app} = await startAnswering();
    app.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone');
    await client.until('done');
    client.socket.write(BAD_CHUNK + CANARY);
    await client.closed();
    await app.closed();
    const {answers} = readAnswers(client.received(), ['POST']);
    assert.deepEqual(
      answers.map(({status, body}) => [status, body]),
      [[200, 'done']],
    );
    assert.doesNotMatch(app.received(), /\r\n0\r\n|canary/);
  });
});

describe('a body that the gateway answers by itself', () => {
  it.each([
    ['of a length', `Content-Length: ${16 * MIB}`],
    ['in chunks', 'Transfer-Encoding: chunked'],
  ])('%s is not read for long, and never as requests', async (_, framing) => {
    const {gateway, seen} = await startEchoingGateway();
    const client = await openClient(gateway);
    client.socket.write(`POST / HTTP/1.1\r\nHost: other.test\r\n${framing}\r\n\r\n`);
    const [size, last] = framing.startsWith('Content') ? ['', ''] : [`${(16 * MIB).toString(16)}\r\n`, '\r\n0\r\n\r\n'];
    client.socket.write(size + CANARY.repeat(Math.floor((16 * MIB) / CANARY.length)) + last);
    await client.until('421');
    await client.closed();
    const {answers, rest} = readAnswers(client.received(), ['POST']);
    assert.deepEqual(
      answers.map(({status, isComplete}) => [status, isComplete]),
      [[421, true]],
    );
    assert.deepEqual([rest, seen], ['', []]);
  });
});
