import assert from 'node:assert/strict';
import {constants} from 'node:http2';
import {describe, it} from 'vitest';
import {readRequest} from '../../../src/proxy/http2/request-head.js';
import {DEFAULT_LIMITS} from '../../../src/proxy/limits.js';
import {eventually} from '../../helpers/eventually.js';
import {fetchHttp2, HOST, readHttp2, startRawUpstream, startUpstream} from '../harness.js';
import {
  codeOf,
  DATA,
  END_STREAM,
  type Field,
  frame,
  GOAWAY,
  HEADERS,
  isOf,
  NO_ERROR,
  openRaw,
  RST_STREAM,
  request,
  requestFields,
  uint32,
} from './frames.js';
import {openSession, startEngine} from './harness.js';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** An upstream of HTTP/1.1 whose every byte is kept, and which answers each head. */
const startRecorder = () =>
  startRawUpstream(socket => {
    socket.on('data', chunk => {
      if (chunk.includes('\r\n\r\n')) socket.write(OK);
    });
  });

describe('a request over HTTP/2', () => {
  it('goes to an HTTP/1.1 upstream as one would expect it', async () => {
    const upstream = await startRecorder();
    const engine = await startEngine({upstream});
    const answer = await fetchHttp2(openSession(engine), {':path': '/a?b=c', 'X-One': '1', accept: '*/*'});
    assert.deepEqual([answer.status, answer.body], [200, 'ok']);
    const lines = upstream.received().split('\r\n');
    assert.deepEqual(lines.slice(0, 4), ['GET /a?b=c HTTP/1.1', `Host: ${HOST}`, 'x-one: 1', 'accept: */*']);
    assert.ok(lines.includes('Via: 2 tako'));
    assert.ok(lines.includes('X-Forwarded-Proto: https'));
    assert.doesNotMatch(upstream.received(), /content-length|transfer-encoding|connection/i);
  });

  it('has its cookie crumbs joined to one field', async () => {
    const upstream = await startRecorder();
    const engine = await startEngine({upstream});
    const connection = await openRaw(engine.port);
    const crumbs: Field[] = [
      ['cookie', 'a=1'],
      ['x', 'y'],
      ['cookie', 'b=2'],
      ['cookie', 'c=3'],
    ];
    connection.send(request(1, requestFields({}, crumbs)));
    await connection.find(isOf(DATA, 1));
    assert.deepEqual(upstream.received().match(/^cookie:.*$/gm), ['cookie: a=1; b=2; c=3']);
  });

  it('keeps the bytes of its values', async () => {
    const upstream = await startRecorder();
    const engine = await startEngine({upstream});
    const value = Buffer.from('grün').toString('latin1');
    const connection = await openRaw(engine.port);
    connection.send(request(1, requestFields({}, [['x-name', value]])));
    await connection.find(isOf(DATA, 1));
    assert.ok(upstream.received().includes(`x-name: ${value}\r\n`));
  });

  it('with a body of known length is framed by it, and one of unknown length in chunks', async () => {
    const upstream = await startUpstream((incoming, response) => {
      const {'content-length': length, 'transfer-encoding': encoding} = incoming.headers;
      incoming.setEncoding('utf8').on('data', text => response.write(text));
      incoming.on('end', () => response.end(` ${length} ${encoding}`));
    });
    const session = openSession(await startEngine({upstream}));
    const sized = await fetchHttp2(session, {':method': 'POST', 'content-length': '5'}, 'hello');
    assert.equal(sized.body, 'hello 5 undefined');
    const unsized = await fetchHttp2(session, {':method': 'POST'}, 'hello');
    assert.equal(unsized.body, 'hello undefined chunked');
  });

  it.each(['GET', 'DELETE', 'OPTIONS'])(
    'with DATA on %s is framed, so that it cannot become a second request',
    async method => {
      const seen: string[] = [];
      const upstream = await startUpstream((incoming, response) => {
        seen.push(`${incoming.method} ${incoming.url}`);
        incoming.resume().on('end', () => response.end('ok'));
      });
      const session = openSession(await startEngine({upstream}));
      const smuggled = 'GET /secret HTTP/1.1\r\nHost: app.test\r\n\r\n';
      assert.equal((await fetchHttp2(session, {':method': method, ':path': '/pub'}, smuggled)).body, 'ok');
      assert.equal((await fetchHttp2(session, {':path': '/next'})).body, 'ok');
      assert.deepEqual(seen, [`${method} /pub`, 'GET /next']);
    },
  );

  it('hands its trailers on', async () => {
    const upstream = await startUpstream((incoming, response) => {
      incoming.resume().on('end', () => response.end(JSON.stringify(incoming.trailers)));
    });
    const session = openSession(await startEngine({upstream}));
    const stream = session.request({':method': 'POST', ':authority': HOST}, {waitForTrailers: true});
    stream.on('wantTrailers', () => stream.sendTrailers({'x-sum': '42', 'x-forwarded-for': '1.2.3.4'}));
    stream.end('hello');
    assert.deepEqual(JSON.parse((await readHttp2(stream)).body), {'x-sum': '42'});
  });

  it('that expects 100-continue sends its body after it', async () => {
    const upstream = await startUpstream(() => assert.fail('the body was not waited for'));
    upstream.server.on('checkContinue', (incoming, response) => {
      response.writeContinue();
      incoming.on('data', chunk => response.write(chunk)).on('end', () => response.end());
    });
    const session = openSession(await startEngine({upstream}));
    const stream = session.request({':method': 'POST', ':authority': HOST, expect: '100-continue'});
    stream.on('continue', () => stream.end('late'));
    assert.equal((await readHttp2(stream)).body, 'late');
  });

  it('to a path that ends in its own way is passed on byte for byte', async () => {
    const upstream = await startRecorder();
    const session = openSession(await startEngine({upstream}));
    const path = '/a//b/./c/..%2f;x=y?q=%20+&&%zz|{}"<>^`\'\\';
    assert.equal((await fetchHttp2(session, {':path': path})).status, 200);
    assert.ok(upstream.received().startsWith(`GET ${path} HTTP/1.1\r\n`));
  });
});

/** How: with a status, with a reset, or by nghttp2, which drops a field with characters that no field may have. */
type Refusal = readonly [name: string, fields: readonly Field[], expected: number | 'reset' | 'dropped'];

const REFUSED: readonly Refusal[] = [
  ['transfer-encoding', requestFields({':method': 'POST'}, [['transfer-encoding', 'chunked']]), 'reset'],
  ['connection', requestFields({}, [['connection', 'close']]), 'reset'],
  ['keep-alive', requestFields({}, [['keep-alive', 'timeout=5']]), 'reset'],
  ['proxy-connection', requestFields({}, [['proxy-connection', 'keep-alive']]), 'reset'],
  ['upgrade', requestFields({}, [['upgrade', 'websocket']]), 'reset'],
  ['te other than trailers', requestFields({}, [['te', 'gzip']]), 'reset'],
  ['CR LF in a value', requestFields({}, [['x', 'a\r\nHost: evil.test']]), 'dropped'],
  ['LF in a value', requestFields({}, [['x', 'a\nb']]), 'dropped'],
  ['NUL in a value', requestFields({}, [['x', 'a\0b']]), 'dropped'],
  ['a space before a value', requestFields({}, [['x', ' a']]), 'dropped'],
  ['an upper-case name', requestFields({}, [['X-Upper', 'a']]), 'reset'],
  ['a colon in a name', requestFields({}, [['x:y', 'a']]), 'dropped'],
  ['a space in a name', requestFields({}, [['x y', 'a']]), 'dropped'],
  ['CR LF in a name', requestFields({}, [['x\r\ny', 'a']]), 'dropped'],
  ['an empty name', requestFields({}, [['', 'a']]), 'dropped'],
  ['an unknown pseudo field', requestFields({':evil': 'a'}), 'reset'],
  [
    'a pseudo field behind others',
    requestFields({':path': undefined}, [
      ['x', 'y'],
      [':path', '/'],
    ]),
    'reset',
  ],
  ['a second :path', requestFields({}, [[':path', '/b']]).toSorted(pseudoFirst), 'reset'],
  ['no :path', requestFields({':path': undefined}), 'reset'],
  ['an empty :path', requestFields({':path': ''}), 'reset'],
  ['a :path without slash', requestFields({':path': 'evil.test/'}), 'reset'],
  ['a :path with a space', requestFields({':path': '/a HTTP/1.1'}), 'reset'],
  ['a :path with CR LF', requestFields({':path': '/ HTTP/1.1\r\nHost: evil.test\r\n'}), 'reset'],
  ['a :path with NUL', requestFields({':path': '/\0'}), 'reset'],
  ['a :path with a fragment', requestFields({':path': '/a#b'}), 400],
  ['a :path with bytes above ASCII', requestFields({':path': '/\xe9'}), 400],
  ['a :path in absolute form', requestFields({':path': 'http://evil.test/'}), 'reset'],
  ['a :path in absolute form of another scheme', requestFields({':scheme': 'ftp', ':path': `https://${HOST}/`}), 400],
  ['* with GET', requestFields({':path': '*'}), 'reset'],
  ['a :method with a space', requestFields({':method': 'GET /secret'}), 'reset'],
  ['a :method of a kibibyte', requestFields({':method': 'A'.repeat(1_024)}), 400],
  ['a :scheme with CR LF', requestFields({':scheme': 'https\r\nx: y'}), 'reset'],
  ['an :authority with CR LF', requestFields({':authority': `${HOST}\r\nx: y`}), 'reset'],
  ['an :authority with a slash', requestFields({':authority': `${HOST}/a`}), 'reset'],
  ['an :authority with userinfo', requestFields({':authority': `evil@${HOST}`}), 'reset'],
  ['an :authority that is a list', requestFields({':authority': `${HOST},evil.test`}), 400],
  ['an empty :authority', requestFields({':authority': ''}), 'reset'],
  ['no host at all', requestFields({':authority': undefined}), 'reset'],
  ['host that differs from :authority', requestFields({}, [['host', 'evil.test']]), 400],
  [
    'two hosts',
    requestFields({}, [
      ['host', HOST],
      ['host', HOST],
    ]),
    'reset',
  ],
  [
    'two lengths',
    requestFields({}, [
      ['content-length', '0'],
      ['content-length', '0'],
    ]),
    'reset',
  ],
  ['a length that is no number', requestFields({}, [['content-length', '+0']]), 'reset'],
  ['a length without DATA', requestFields({':method': 'POST'}, [['content-length', '5']]), 'reset'],
  [
    'CONNECT',
    [
      [':method', 'CONNECT'],
      [':authority', HOST],
    ],
    405,
  ],
  ['TRACE', requestFields({':method': 'TRACE'}), 405],
  ['an unknown :protocol', requestFields({':method': 'CONNECT', ':protocol': 'connect-udp'}), 501],
  [':protocol without CONNECT', requestFields({':protocol': 'websocket'}), 'reset'],
  ['an expectation that cannot be met', requestFields({}, [['expect', '200-ok']]), 417],
  [
    '101 fields',
    requestFields(
      {},
      Array.from({length: 101}, (_, index) => [`x-${index}`, ''] as const),
    ),
    431,
  ],
  ['a head above 64 KiB', requestFields({}, bigFields(66)), 431],
  ['a head far above 64 KiB', requestFields({}, bigFields(130)), 431],
  ['a :path above 16 KiB', requestFields({':path': `/${'a'.repeat(16_384)}`}), 414],
];

function pseudoFirst([one]: Field, [other]: Field): number {
  return Number(other.startsWith(':')) - Number(one.startsWith(':'));
}

/** So many fields of a kibibyte. */
function bigFields(count: number): Field[] {
  return Array.from({length: count}, (_, index) => [`x-${String(index).padStart(4, '0')}`, 'a'.repeat(1_014)] as const);
}

describe('a request over HTTP/2 that is refused', () => {
  it.each(REFUSED)('for %s leaves the upstream and the other streams alone', async (_, fields, expected) => {
    const upstream = await startRecorder();
    const engine = await startEngine({upstream});
    const connection = await openRaw(engine.port);
    connection.send(...cut(request(1, fields)), request(3));
    const answer = await connection.find(({type, id}) => id === 1 && (type === HEADERS || type === RST_STREAM));
    assert.equal(answer.type, expected === 'reset' ? RST_STREAM : HEADERS);
    assert.deepEqual(engine.refused, typeof expected === 'number' ? [expected] : []);
    await connection.find(isOf(DATA, 3));
    assert.equal(upstream.received().match(/HTTP\/1\.1\r\n/g)?.length, expected === 'dropped' ? 2 : 1);
    assert.doesNotMatch(upstream.received(), /evil|secret|^x|^host.*\r\n(?:.+\r\n)*host:/m);
  });

  it('is told why', async () => {
    const engine = await startEngine({});
    const answer = await fetchHttp2(openSession(engine), {':path': '/a#b'});
    assert.deepEqual([answer.status, answer.headers['content-type']], [400, 'text/plain; charset=utf-8']);
    assert.match(answer.body, /^400 BAD_REQUEST: the request target /);
  });

  it('as TRACE is told which methods are served', async () => {
    const answer = await fetchHttp2(openSession(await startEngine({})), {':method': 'TRACE'});
    assert.equal(answer.status, 405);
    assert.match(String(answer.headers.allow), /GET/);
  });
});

/** A HEADERS frame above 16 KiB as HEADERS and CONTINUATION. */
function cut(whole: Buffer): Buffer[] {
  const payload = whole.subarray(9);
  if (payload.length <= 16_384) return [whole];
  const [flags, id] = [whole.readUInt8(4), whole.readUInt32BE(5)];
  const parts = Array.from({length: Math.ceil(payload.length / 16_384)}, (_, index) =>
    payload.subarray(index * 16_384, (index + 1) * 16_384),
  );
  return parts.map((part, index) => {
    const end = index === parts.length - 1 ? 4 : 0;
    return index === 0 ? frame(1, (flags & END_STREAM) | end, id, part) : frame(9, end, id, part);
  });
}

describe('a body over HTTP/2 that has not the length it was said to have', () => {
  it.each([
    ['shorter', '5', 'hell'],
    ['longer', '5', 'hello, GET /secret HTTP/1.1\r\n\r\n'],
    ['not there', '0', 'hello'],
  ])('is reset when it is %s, and not completed upstream', async (_, length, body) => {
    const upstream = await startRawUpstream(() => undefined);
    const engine = await startEngine({upstream});
    const connection = await openRaw(engine.port);
    const fields = requestFields({':method': 'POST'}, [['content-length', length]]);
    connection.send(request(1, fields, 0));
    await eventually(() => assert.match(upstream.received(), /^POST/));
    connection.send(frame(DATA, END_STREAM, 1, body));
    // nghttp2 ends the connection over too much DATA, the stream over too little.
    const error = await connection.find(({type}) => type === RST_STREAM || type === GOAWAY);
    assert.notEqual(codeOf(error), NO_ERROR);
    await eventually(() => assert.equal(engine.inFlight(), 0));
    assert.doesNotMatch(upstream.received(), /secret/);
  });

  it('is told to the engine as malformed', async () => {
    const gone: string[] = [];
    const engine = await startEngine({
      start(side) {
        side.attach({...DEAF, onClientGone: reason => gone.push(reason)});
        side.readBody();
      },
    });
    const connection = await openRaw(engine.port);
    connection.send(request(1, requestFields({':method': 'POST'}, [['content-length', '5']]), 0));
    connection.send(frame(DATA, END_STREAM, 1, 'hell'));
    await eventually(() => assert.deepEqual(gone, ['malformed']));
  });

  it.each([
    ['CANCEL', constants.NGHTTP2_CANCEL],
    ['NO_ERROR', constants.NGHTTP2_NO_ERROR],
  ])('is not taken for complete when the client resets it with %s', async (_, code) => {
    const events: string[] = [];
    const engine = await startEngine({
      start(side) {
        side.attach({
          ...DEAF,
          onBody: () => events.push('body'),
          onBodyEnd: () => events.push('end'),
          onClientGone: reason => events.push(reason),
        });
        side.readBody();
      },
    });
    const connection = await openRaw(engine.port);
    connection.send(request(1, requestFields({':method': 'POST'}), 0), frame(DATA, 0, 1, 'half'));
    await eventually(() => assert.deepEqual(events, ['body']));
    connection.send(frame(RST_STREAM, 0, 1, uint32(code)));
    await eventually(() => assert.deepEqual(events, ['body', 'closed']));
  });
});

const DEAF = {onBody: ignore, onBodyEnd: ignore, onBodyPause: ignore, onClientDrain: ignore, onClientGone: ignore};
function ignore(): void {}

describe('reading a request', () => {
  const read = (fields: readonly Field[], hasBody = false) => readRequest(fields.flat(), hasBody, DEFAULT_LIMITS);

  it('takes host where there is no :authority', () => {
    const result = read(requestFields({':authority': undefined}, [['host', 'app.test:8443']]));
    assert.equal('head' in result && result.head.host, 'app.test:8443');
  });

  it('takes a host that repeats :authority in another case', () => {
    const result = read(requestFields({}, [['host', HOST.toUpperCase()]]));
    assert.equal('head' in result && result.head.host, HOST);
  });

  it('counts the crumbs of a cookie as one field', () => {
    const crumbs = Array.from({length: 150}, (_, index) => ['cookie', `c${index}=1`] as const);
    assert.ok('head' in read(requestFields({}, crumbs)));
  });

  it('knows no length where none was said', () => {
    const plain = read(requestFields({':method': 'POST'}), true);
    assert.equal('head' in plain && plain.contentLength, -1);
    const empty = read(requestFields());
    assert.equal('head' in empty && empty.contentLength, 0);
  });
});
