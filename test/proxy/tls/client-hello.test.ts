import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {type ClientHello, MAX_CLIENT_HELLO_BYTES, parseClientHello} from '../../../src/proxy/tls/client-hello.js';
import {createRandom} from '../../helpers/random.js';
import {runs} from '../../helpers/soak.js';
import {recordedHellos} from './recorded-hellos.js';

const NOT_TLS: ClientHello = {state: 'not-tls'};
const INCOMPLETE: ClientHello = {state: 'incomplete'};
const complete = (serverName: string | undefined, protocols: readonly string[] = []): ClientHello => ({
  state: 'complete',
  serverName,
  protocols,
});

const uint8 = (value: number): Buffer => Buffer.from([value]);
const uint16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);
const uint24 = (value: number): Buffer => Buffer.from([value >> 16, (value >> 8) & 0xff, value & 0xff]);
const vector8 = (content: Buffer): Buffer => Buffer.concat([uint8(content.length), content]);
const vector16 = (content: Buffer): Buffer => Buffer.concat([uint16(content.length), content]);

const extension = (type: number, content: Buffer): Buffer => Buffer.concat([uint16(type), vector16(content)]);
const hostName = (name: string, type = 0): Buffer =>
  Buffer.concat([uint8(type), vector16(Buffer.from(name, 'latin1'))]);
const serverName = (...entries: Buffer[]): Buffer => extension(0, vector16(Buffer.concat(entries)));

type HelloParts = {
  readonly sessionId?: Buffer;
  readonly suites?: Buffer;
  readonly compressions?: Buffer;
  /** Undefined leaves the whole block out. */
  readonly extensions?: Buffer | undefined;
  readonly behind?: Buffer;
};

const named = serverName(hostName('app.test'));

/** The body of a hello. */
function bodyOf(parts: HelloParts): Buffer {
  const {
    sessionId = Buffer.alloc(0),
    suites = uint16(0x1301),
    compressions = uint8(0),
    behind = Buffer.alloc(0),
  } = parts;
  const extensions = 'extensions' in parts ? parts.extensions : named;
  return Buffer.concat([
    uint16(0x0303),
    Buffer.alloc(32, 7),
    vector8(sessionId),
    vector16(suites),
    vector8(compressions),
    ...(extensions ? [vector16(extensions)] : []),
    behind,
  ]);
}

const message = (body: Buffer, type = 1): Buffer => Buffer.concat([uint8(type), uint24(body.length), body]);
const record = (fragment: Buffer, type = 22, major = 3): Buffer =>
  Buffer.concat([uint8(type), uint8(major), uint8(1), vector16(fragment)]);
const hello = (parts: HelloParts = {}): Buffer => record(message(bodyOf(parts)));

/** The same message in records of `size` bytes each. */
function fragmented(bytes: Buffer, size: number): Buffer {
  const records: Buffer[] = [];
  for (let offset = 0; offset < bytes.length; offset += size)
    records.push(record(bytes.subarray(offset, offset + size)));
  return Buffer.concat(records);
}

describe('the name in a hello', () => {
  it.each(recordedHellos.map(recorded => [recorded.client, recorded] as const))('of %s is found', (_, recorded) => {
    assert.deepEqual(parseClientHello(recorded.bytes), complete(recorded.serverName, recorded.protocols));
  });

  it.each([
    ['in lower case', hello({extensions: serverName(hostName('App.TEST'))}), 'app.test'],
    ['with its final dot', hello({extensions: serverName(hostName('app.test.'))}), 'app.test.'],
    [
      'behind other extensions',
      hello({extensions: Buffer.concat([extension(23, Buffer.alloc(0)), named])}),
      'app.test',
    ],
    ['with a session id', hello({sessionId: Buffer.alloc(32)}), 'app.test'],
    ['of the greatest length', hello({extensions: serverName(hostName('a'.repeat(255)))}), 'a'.repeat(255)],
    ['whatever follows in the record', record(Buffer.concat([message(bodyOf({})), Buffer.alloc(9)])), 'app.test'],
    ['whatever follows the record', Buffer.concat([hello(), Buffer.alloc(20_000, 0xff)]), 'app.test'],
  ])('is given %s', (_, bytes, name) => {
    assert.deepEqual(parseClientHello(bytes), complete(name));
  });

  it.each([
    ['no extension of that kind', hello({extensions: extension(23, Buffer.alloc(0))})],
    ['an empty list of extensions', hello({extensions: Buffer.alloc(0)})],
    ['no extensions, as TLS 1.2 allows', hello({extensions: undefined})],
  ])('is undefined with %s', (_, bytes) => {
    assert.deepEqual(parseClientHello(bytes), complete(undefined));
  });
});

describe('what is not quite a hello', () => {
  it.each([
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\n')],
    ['one byte of another protocol', Buffer.from('G')],
    ['an alert', record(Buffer.from([1, 0]), 21)],
    ['a hello of SSL 2', Buffer.from('802e0100020015', 'hex')],
    ['a record of version 2', record(message(bodyOf({})), 22, 2)],
    ['another handshake message', record(message(bodyOf({}), 2))],
    ['an empty record', Buffer.concat([record(Buffer.alloc(0)), hello()])],
    ['a record that is too long', Buffer.concat([Buffer.from([22, 3, 1]), uint16(2 ** 14 + 1)])],
    ['a message that is too long', record(Buffer.concat([uint8(1), uint24(MAX_CLIENT_HELLO_BYTES + 1)]))],
    [
      'another record between its parts',
      Buffer.concat([record(message(bodyOf({})).subarray(0, 9)), record(uint8(1), 20)]),
    ],
    ['a session id of 33 bytes', hello({sessionId: Buffer.alloc(33)})],
    ['no cipher suite', hello({suites: Buffer.alloc(0)})],
    ['half a cipher suite', hello({suites: Buffer.alloc(3)})],
    ['no compression method', hello({compressions: Buffer.alloc(0)})],
    ['bytes behind its extensions', hello({behind: uint8(0)})],
    ['an extension longer than the rest', hello({extensions: Buffer.concat([named, uint16(23), uint16(1)])})],
    ['half an extension', hello({extensions: Buffer.concat([named, uint16(23), uint8(0)])})],
    ['two names', hello({extensions: Buffer.concat([named, serverName(hostName('other.test'))])})],
    ['a list of two names', hello({extensions: serverName(hostName('app.test'), hostName('other.test'))})],
    ['an empty list of names', hello({extensions: serverName()})],
    ['a name of another kind', hello({extensions: serverName(hostName('app.test', 1))})],
    ['an empty name', hello({extensions: serverName(hostName(''))})],
    ['a name of 256 bytes', hello({extensions: serverName(hostName('a'.repeat(256)))})],
    ['a name with NUL', hello({extensions: serverName(hostName('app.test\0.example'))})],
    ['a name beyond ASCII', hello({extensions: serverName(hostName('b\xfccher.test'))})],
    ['bytes behind the list of names', hello({extensions: extension(0, Buffer.concat([named.subarray(4), uint8(0)]))})],
    ['an empty server name extension', hello({extensions: extension(0, Buffer.alloc(0))})],
  ])('is refused: %s', (_, bytes) => {
    assert.deepEqual(parseClientHello(bytes), NOT_TLS);
  });

  it('is refused when it goes on for ever', () => {
    const endless = fragmented(Buffer.concat([uint8(1), uint24(MAX_CLIENT_HELLO_BYTES), Buffer.alloc(40_000)]), 1);
    assert.deepEqual(parseClientHello(endless.subarray(0, MAX_CLIENT_HELLO_BYTES - 1)), INCOMPLETE);
    assert.deepEqual(parseClientHello(endless.subarray(0, MAX_CLIENT_HELLO_BYTES)), NOT_TLS);
  });
});

describe('a hello in parts', () => {
  it.each(recordedHellos.map(recorded => [recorded.client, recorded] as const))(
    'of %s is incomplete up to its last byte',
    (_, {bytes, serverName: name, protocols}) => {
      for (let end = 0; end < bytes.length; end++) {
        assert.deepEqual(parseClientHello(bytes.subarray(0, end)), INCOMPLETE, `${end} bytes`);
      }
      assert.deepEqual(parseClientHello(bytes), complete(name, protocols));
    },
  );

  it.each(recordedHellos.map(recorded => [recorded.client, recorded] as const))(
    'of %s may be in records of any size',
    (_, {bytes, serverName: name, protocols}) => {
      const whole = bytes.subarray(5);
      for (let size = 1; size <= whole.length; size++) {
        const parts = fragmented(whole, size);
        assert.deepEqual(parseClientHello(parts), complete(name, protocols), `records of ${size} bytes`);
        assert.deepEqual(parseClientHello(parts.subarray(0, -1)), INCOMPLETE, `records of ${size} bytes, cut`);
      }
    },
  );
});

describe('a mutated hello', () => {
  const MUTANTS = 20_000;

  it('gets an answer, and the same one however much of it has come when it is given', () => {
    const random = createRandom(0x7a6b_0307);
    const states = new Map<string, number>();
    for (let run = 0; run < runs(MUTANTS); run++) {
      const bytes = mutate(recordedHellos[random.below(recordedHellos.length)]?.bytes ?? Buffer.alloc(0), random);
      const answer = parseClientHello(bytes);
      states.set(answer.state, (states.get(answer.state) ?? 0) + 1);
      const early = parseClientHello(bytes.subarray(0, random.below(bytes.length + 1)));
      if (early.state !== 'incomplete') assert.deepEqual(early, answer);
      if (answer.state === 'complete') assert.ok(isPlausible(answer.serverName), String(answer.serverName));
    }
    for (const state of ['complete', 'incomplete', 'not-tls']) assert.ok((states.get(state) ?? 0) > 500, state);
  });

  it('of nothing but noise is refused or waited for', () => {
    const random = createRandom(0x7a6b_0308);
    for (let run = 0; run < runs(MUTANTS); run++) {
      const noise = random.bytes(random.below(64));
      const bytes = random.below(2) === 0 ? noise : Buffer.concat([Buffer.from([22, 3, 1]), noise]);
      assert.notEqual(parseClientHello(bytes).state, 'complete');
    }
  });
});

const isPlausible = (name: string | undefined): boolean =>
  name === undefined || /^[\x21-\x40\x5b-\x7e]{1,255}$/.test(name);

function mutate(original: Buffer, random: ReturnType<typeof createRandom>): Buffer {
  let bytes = Buffer.from(original);
  for (let count = 1 + random.below(4); count > 0; count--) {
    const at = random.below(bytes.length);
    const kind = random.below(4);
    if (kind === 0) bytes[at] = random.below(256);
    else if (kind === 1) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    else if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(4))]);
    else bytes = Buffer.concat([bytes.subarray(0, at), random.bytes(1 + random.below(4)), bytes.subarray(at)]);
    if (bytes.length === 0) return bytes;
  }
  return bytes;
}
