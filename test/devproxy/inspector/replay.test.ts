import assert from 'node:assert/strict';
import type {IncomingMessage} from 'node:http';
import {gzipSync} from 'node:zlib';
import {describe, it} from 'vitest';
import {WebSocketServer} from 'ws';
import {REQUEST_BODY_BYTES} from '../../../src/devproxy/inspector/observed-exchange.js';
import {eventually} from '../../helpers/eventually.js';
import {fetchHttp1, fetchHttp2, openHttp2, openWebSocket, startUpstream} from '../../proxy/harness.js';
import {detailOf, type Inspected, startInspected} from './support.js';

type Received = {readonly request: IncomingMessage; readonly body: string};

/** An app that keeps what it is sent. */
async function startApp(
  options: Parameters<typeof startInspected>[0] = {},
): Promise<Inspected & {received: Received[]}> {
  const received: Received[] = [];
  const upstream = await startUpstream((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', chunk => chunks.push(chunk));
    request.on('end', () => {
      received.push({request, body: Buffer.concat(chunks).toString('latin1')});
      response.end(`answer ${received.length}`);
    });
  });
  return {...(await startInspected({upstream, ...options})), received};
}

/** What matters of a request that arrived. */
const essence = ({request, body}: Received): unknown => {
  const {'x-forwarded-for': _from, via: _via, ...headers} = request.headers;
  return {method: request.method, url: request.url, headers, body};
};

describe('a request that is sent again', () => {
  it('arrives as it came, with its true secrets, through the gateway', async () => {
    const {gateway, inspector, received} = await startApp();
    const headers = {
      authorization: 'Bearer S3CR3T',
      cookie: 'sid=S3CR3T',
      'content-type': 'application/json',
      'x-case': 'é',
    };
    await fetchHttp1(gateway, {
      method: 'POST',
      path: '/hook?token=S3CR3T&x=1',
      headers,
      body: Buffer.from('{"password":"S3CR3T"}'),
    });
    const [first] = inspector.list({}, 1);
    assert.ok(first);
    const again = await inspector.replay(first.id, {});
    assert.equal(again.replayOf, first.id);
    assert.equal(again.outcome, 'answered');
    assert.equal(again.status, 200);
    assert.equal(detailOf(inspector, again).response?.body?.data, 'answer 2');
    const [one, two] = received.map(essence);
    assert.deepEqual(two, one);
    assert.ok(JSON.stringify(two).includes('S3CR3T'));
    assert.ok(!JSON.stringify(detailOf(inspector, again)).includes('S3CR3T'));
  });

  it('came over HTTP/2 and has its host again', async () => {
    const {gateway, inspector, received} = await startApp();
    await fetchHttp2(openHttp2(gateway), {':method': 'PUT', ':path': '/two', 'x-own': 'v'}, 'body');
    await inspector.replay(1, {});
    assert.equal(received[1]?.request.headers.host, 'app.test');
    assert.equal(received[1]?.request.headers['x-own'], 'v');
    assert.equal(received[1]?.body, 'body');
    assert.equal(inspector.find(2)?.httpVersion, '2');
  });

  it('starts the app that was stopped meanwhile', async () => {
    let starts = 0;
    const upstream = await startUpstream((_request, response) => response.end());
    const activate = async () => {
      starts += 1;
      return upstream;
    };
    const {gateway, inspector} = await startInspected({activate});
    await fetchHttp1(gateway);
    const {timing} = await inspector.replay(1, {});
    assert.equal(starts, 2);
    assert.ok(timing.coldStartMs !== null);
  });

  it('is changed as somebody says, masked values keeping what is behind them', async () => {
    const {gateway, inspector, received} = await startApp();
    await fetchHttp1(gateway, {
      method: 'POST',
      path: '/hook?token=S1&x=1&token=S2',
      headers: {authorization: 'Bearer S3', cookie: 'a=S4; b=S5', 'content-type': 'application/json', 'x-old': 'x'},
      body: '{"password":"S6","n":1,"list":[{"token":"S7"},{"token":"S8"}]}',
    });
    const detail = detailOf(inspector, {id: 1});
    assert.ok(!JSON.stringify(detail).match(/S\d/));
    const fields = detail.request.fields.filter(([name]) => name !== 'x-old');
    await inspector.replay(1, {
      method: 'PATCH',
      target: '/other?token=***&x=2&token=new',
      fields: [...fields.map(([name, value]) => [name, value.replace('b=***', 'b=changed')] as const), ['X-New', 'y']],
      body: {encoding: 'utf8', data: '{"n":2, "password":"***","list":[{"token":"***"},{"token":"mine"}]}'},
    });
    const {request, body} = received[1] as Received;
    assert.equal(request.method, 'PATCH');
    assert.equal(request.url, '/other?token=S1&x=2&token=new');
    assert.equal(request.headers.authorization, 'Bearer S3');
    assert.equal(request.headers.cookie, 'a=S4; b=changed');
    assert.equal(request.headers['x-old'], undefined);
    assert.equal(request.headers['x-new'], 'y');
    assert.equal(body, '{"n":2, "password":"S6","list":[{"token":"S7"},{"token":"mine"}]}');
    assert.equal(request.headers['content-length'], String(body.length));
  });

  it('keeps its bytes where the body was only looked at, whatever its coding', async () => {
    const {gateway, inspector, received} = await startApp();
    const packed = gzipSync('{"password":"S3CR3T","n":1}');
    await fetchHttp1(gateway, {
      method: 'POST',
      headers: {'content-encoding': 'gzip', 'content-type': 'application/json'},
      body: packed,
    });
    const shown = detailOf(inspector, {id: 1}).request.body;
    assert.equal(shown?.data, '{"password":"***","n":1}');
    await inspector.replay(1, {body: shown});
    assert.equal(received[1]?.body, packed.toString('latin1'));
    assert.equal(received[1]?.request.headers['content-encoding'], 'gzip');
    await inspector.replay(1, {body: {encoding: 'utf8', data: '{"password":"***","n":2}'}});
    assert.equal(received[2]?.body, '{"password":"S3CR3T","n":2}');
    assert.equal(received[2]?.request.headers['content-encoding'], undefined);
  });

  it('is refused where a mask stands for nothing', async () => {
    const {gateway, inspector, received} = await startApp();
    await fetchHttp1(gateway, {headers: {authorization: 'Bearer S1'}});
    const invalid = {code: 'REPLAY_INVALID'};
    await assert.rejects(inspector.replay(1, {target: '/?token=***'}), invalid);
    await assert.rejects(inspector.replay(1, {fields: [['x-api-key', '***']]}), invalid);
    const twice = [
      ['authorization', 'Bearer ***'],
      ['authorization', 'Bearer ***'],
    ] as const;
    await assert.rejects(inspector.replay(1, {fields: twice}), invalid);
    // A place that is no secret's has no true value: it cannot be used to have one said.
    await inspector.replay(1, {fields: [['x-plain', '***']]});
    assert.equal(received[1]?.request.headers['x-plain'], '***');
  });

  it('is refused where it would be no request', async () => {
    const {gateway, inspector} = await startApp();
    await fetchHttp1(gateway);
    const invalid = {code: 'REPLAY_INVALID'};
    await assert.rejects(inspector.replay(1, {method: 'GE T'}), invalid);
    await assert.rejects(inspector.replay(1, {method: 'CONNECT'}), invalid);
    await assert.rejects(inspector.replay(1, {target: 'https://other.test/'}), invalid);
    await assert.rejects(inspector.replay(1, {target: '/a b'}), invalid);
    await assert.rejects(inspector.replay(1, {target: '/\r\nx: y'}), invalid);
    await assert.rejects(inspector.replay(1, {fields: [['a b', 'x']]}), invalid);
    await assert.rejects(inspector.replay(1, {fields: [['a', 'x\r\nb: c']]}), invalid);
    await assert.rejects(inspector.replay(99, {}), {code: 'NO_SUCH_REQUEST'});
    assert.equal(inspector.list({}, 9).length, 1);
  });

  it('stays on its host, and says its framing anew, whatever the fields are', async () => {
    const {gateway, inspector, received} = await startApp();
    await fetchHttp1(gateway, {method: 'POST', body: 'one'});
    const fields = [
      ['Host', 'other.test'],
      ['Content-Length', '99'],
      ['Transfer-Encoding', 'chunked'],
    ] as const;
    await inspector.replay(1, {fields, body: {encoding: 'base64', data: Buffer.from('other').toString('base64')}});
    assert.equal(received[1]?.request.headers.host, 'app.test');
    assert.equal(received[1]?.body, 'other');
  });

  it('needs its whole body, or another one', async () => {
    const {gateway, inspector, received} = await startApp();
    await fetchHttp1(gateway, {method: 'POST', body: Buffer.alloc(REQUEST_BODY_BYTES + 1, 'x')});
    await assert.rejects(inspector.replay(1, {}), {code: 'BODY_NOT_KEPT'});
    await inspector.replay(1, {body: {encoding: 'utf8', data: 'short'}});
    assert.equal(received[1]?.body, 'short');
    await fetchHttp1(gateway, {method: 'POST', body: Buffer.alloc(REQUEST_BODY_BYTES, 'y')});
    await inspector.replay(3, {});
    assert.equal(received[3]?.body.length, REQUEST_BODY_BYTES);
  });

  it('needs a body that was read', async () => {
    const {gateway, inspector} = await startInspected({
      activate: () => Promise.reject(new Error('no start')),
      onBug: () => undefined,
    });
    await fetchHttp1(gateway, {method: 'POST', body: 'unread'});
    await assert.rejects(inspector.replay(1, {}), {code: 'BODY_NOT_KEPT'});
  });

  it('is no WebSocket', async () => {
    const upstream = await startUpstream(() => undefined);
    const sockets = new WebSocketServer({server: upstream.server});
    const {gateway, inspector} = await startInspected({upstream});
    const socket = openWebSocket(gateway);
    await new Promise(resolve => socket.once('open', resolve));
    await assert.rejects(inspector.replay(1, {}), {code: 'NOT_REPLAYABLE'});
    socket.terminate();
    sockets.close();
  });

  it('is given up when who waits for it leaves', async () => {
    const upstream = await startUpstream((request, response) => {
      if (request.url === '/') response.end();
      else response.write('data: 1\n\n');
    });
    const {gateway, inspector} = await startInspected({upstream});
    await fetchHttp1(gateway);
    const leaving = new AbortController();
    const replayed = inspector.replay(1, {target: '/events'}, leaving.signal);
    await eventually(() => assert.equal(inspector.find(2)?.status, 200));
    leaving.abort();
    assert.equal((await replayed).outcome, 'client-gone');
    await assert.rejects(
      inspector
        .replay(1, {target: '/events'}, AbortSignal.abort())
        .then(({outcome}) => Promise.reject(new Error(String(outcome)))),
      {message: 'client-gone'},
    );
  });

  it('says so when nothing is served there any more', async () => {
    const {gateway, inspector} = await startApp();
    await fetchHttp1(gateway);
    gateway.setRoutes([]);
    await assert.rejects(inspector.replay(1, {}), {code: 'NO_SUCH_APP'});
  });
});
