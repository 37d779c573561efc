import assert from 'node:assert/strict';
import {once} from 'node:events';
import {connect as connectSocket, createServer, type Socket} from 'node:net';
import {type Duplex, PassThrough, Readable} from 'node:stream';
import {constants, zstdCompressSync} from 'node:zlib';
import fc from 'fast-check';
import {describe, it, onTestFinished} from 'vitest';
import {manifestBytes} from '../../../src/prod/releases/manifest-bytes.js';
import {sha256Of} from '../../../src/prod/releases/sha256.js';
import {
  END_OF_FRAMES,
  parseFrameHead,
  renderFrameHead,
  type UploadKind,
} from '../../../src/prod/releases/upload-frames.js';
import {RECEIVE_LIMITS, type ReceiveLimits, type UploadReceiver} from '../../../src/prod/releases/upload-receiver.js';
import {receiveUpload, sendUpload, type UploadItem} from '../../../src/prod/releases/upload-stream.js';
import {TakoError} from '../../../src/system/error.js';
import {chunksOf, fileEntry, manifestOf, openStore} from './support.js';

/** A connection of real sockets: [client's end, server's end]. */
async function connect(): Promise<[Socket, Socket]> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connectSocket((server.address() as {port: number}).port, '127.0.0.1');
  const [accepted] = (await once(server, 'connection')) as [Socket];
  server.close();
  for (const socket of [client, accepted]) socket.on('error', () => undefined);
  onTestFinished(() => [client, accepted].forEach(socket => void socket.destroy()));
  return [client, accepted];
}

const both = (socket: Duplex) => ({input: socket, output: socket});

type Kept = {readonly kind: UploadKind; readonly text: string};

/** Keeps what comes in memory, in any order. */
function memoryReceiver(): UploadReceiver & {readonly kept: Kept[]} {
  const kept: Kept[] = [];
  return {
    kept,
    async object(content, {sha256, isExecutable}) {
      const bytes = Buffer.concat(await Readable.from(content).toArray());
      if (sha256Of(bytes) !== sha256) throw new TakoError('OBJECT_CORRUPT', 'another hash');
      kept.push({kind: isExecutable ? 'executable' : 'file', text: bytes.toString()});
    },
    manifest: async bytes => void kept.push({kind: 'manifest', text: bytes.toString()}),
    patch: async bytes => void kept.push({kind: 'patch', text: bytes.toString()}),
  };
}

function item(content: string | Buffer, kind: UploadKind = 'file', chunk = 10_000): UploadItem {
  return {sha256: sha256Of(content), kind, size: Buffer.byteLength(content), open: () => chunksOf(content, chunk)};
}

/** What a receiver does with these bytes. */
async function receive(bytes: Uint8Array, limits: ReceiveLimits = RECEIVE_LIMITS, pieces = 1_000) {
  const receiver = memoryReceiver();
  const answers = new PassThrough();
  const input = Readable.from(chunksOf(bytes, pieces), {objectMode: false});
  const outcome = await receiveUpload({input, output: answers}, receiver, limits).then(
    count => ({count, error: undefined}),
    (error: unknown) => ({count: undefined, error}),
  );
  answers.end();
  const lines = (await answers.toArray()).join('').trim().split('\n');
  return {...outcome, kept: receiver.kept, answers: lines.filter(line => line !== '').map(line => JSON.parse(line))};
}

const frame = (content: string, kind: UploadKind = 'file'): Buffer =>
  Buffer.concat([
    renderFrameHead({sha256: sha256Of(content), kind, size: Buffer.byteLength(content)}),
    Buffer.from(content),
  ]);

const stream = (...frames: Buffer[]): Buffer => zstdCompressSync(Buffer.concat([...frames, END_OF_FRAMES]));

async function assertRefused(bytes: Uint8Array, code: string, limits?: ReceiveLimits): Promise<void> {
  const {error, answers} = await receive(bytes, limits);
  assert.equal((error as TakoError | undefined)?.code, code, String(error));
  assert.equal(answers.at(-1)?.problem.code, code);
}

describe('an upload', () => {
  it('brings every kind of thing to the other end of a connection', async () => {
    const [client, server] = await connect();
    const receiver = memoryReceiver();
    const items = [
      item('{}', 'manifest'),
      item(''),
      item('x'.repeat(1_000_000)),
      item('#!', 'executable'),
      item('p', 'patch'),
    ];
    const counts: number[] = [];
    const [sent, received] = await Promise.all([
      sendUpload(items, both(client), {onReceived: count => counts.push(count)}),
      receiveUpload(both(server), receiver),
    ]);
    assert.deepEqual([sent, received, counts.at(-1)], [5, 5, 5]);
    assert.deepEqual(
      receiver.kept
        .toSorted((a, b) => (a.kind + a.text < b.kind + b.text ? -1 : 1))
        .map(({kind, text}) => [kind, text.length]),
      [
        ['executable', 2],
        ['file', 0],
        ['file', 1_000_000],
        ['manifest', 2],
        ['patch', 1],
      ],
    );
    assert.deepEqual([client.destroyed, server.destroyed], [false, false]);
  });

  it('of nothing is an upload', async () => {
    const [client, server] = await connect();
    const [sent] = await Promise.all([sendUpload([], both(client)), receiveUpload(both(server), memoryReceiver())]);
    assert.equal(sent, 0);
  });

  it('of thousands of small files tells how far it is and how little it sent', async () => {
    const [client, server] = await connect();
    const items = Array.from({length: 3_000}, (_, index) => item(`export const value = ${index};\n`.repeat(20)));
    let last = {read: 0, sent: 0};
    const [sent] = await Promise.all([
      sendUpload(items, both(client), {onSent: bytes => (last = bytes)}),
      receiveUpload(both(server), memoryReceiver()),
    ]);
    assert.equal(sent, 3_000);
    assert.ok(last.sent < last.read / 4, JSON.stringify(last));
  });

  it('goes into a store, is cut, and goes on with what is missing', async () => {
    const {store} = await openStore();
    const contents = Array.from({length: 60}, (_, index) => String(index).repeat(40_000));
    const files = contents.map((content, index) => fileEntry(`f${index}`, content));
    const manifest = manifestBytes(manifestOf(files));
    const receiver: UploadReceiver = {
      object: (content, {sha256, size, isExecutable}) => store.objects.put(content, sha256, size, isExecutable),
      manifest: async bytes => void (await store.manifests.add(bytes)),
      patch: async bytes => void (await store.manifests.addPatch(bytes)),
    };
    async function* cutAfter(count: number, socket: Socket) {
      for (const [index, content] of contents.entries()) {
        if (index === count) socket.destroy();
        yield item(content);
        // What was compressed so far is on its way before the next.
        await new Promise(resolve => setTimeout(resolve, 5));
      }
    }
    const [client, server] = await connect();
    const [sending, receiving] = await Promise.allSettled([
      sendUpload(cutAfter(40, client), both(client)),
      receiveUpload(both(server), receiver),
    ]);
    assert.deepEqual(
      [sending, receiving].map(end => end.status === 'rejected' && end.reason.code),
      ['UPLOAD_CUT', 'UPLOAD_CUT'],
    );

    const missing = new Set(await store.objects.missing(contents.map(sha256Of)));
    const [again, there] = await connect();
    const rest = contents.filter(content => missing.has(sha256Of(content))).map(content => item(content));
    assert.ok(rest.length >= 20, `${rest.length} missing`);
    await Promise.all([
      sendUpload([item(manifest, 'manifest'), ...rest], both(again)),
      receiveUpload(both(there), receiver),
    ]);
    assert.equal((await store.prepare(sha256Of(manifest))).manifest.files.length, 60);
  });

  it('waits for a slow receiver, however much there is to send', async () => {
    const [client, server] = await connect();
    const big = Buffer.alloc(1 << 20);
    let opened = 0;
    let release = (): void => undefined;
    const held = new Promise<void>(resolve => (release = resolve));
    async function* items() {
      for (let index = 0; index < 200; index++) {
        // Noise, so that its compressed form is as large.
        crypto.getRandomValues(new Uint8Array(big.buffer, 0, 1 << 16));
        for (let at = 1 << 16; at < big.length; at += 1 << 16) crypto.getRandomValues(big.subarray(at, at + (1 << 16)));
        opened += 1;
        yield item(Buffer.from(big));
      }
    }
    const receiver: UploadReceiver = {
      ...memoryReceiver(),
      object: async content => {
        await held;
        for await (const _ of content);
      },
    };
    const all = Promise.all([sendUpload(items(), both(client)), receiveUpload(both(server), receiver)]);
    let before = -1;
    // Until nothing moves any more.
    while (opened !== before) {
      before = opened;
      await new Promise(resolve => setTimeout(resolve, 300));
    }
    assert.ok(opened < 100, `${opened} MiB were taken from the source`);
    release();
    assert.deepEqual(await all, [200, 200]);
  });

  it('ends on both sides when a file has not the size it had', async () => {
    for (const size of [3, 5]) {
      const [client, server] = await connect();
      const changed = {...item('four'), size};
      const [sending, receiving] = await Promise.allSettled([
        sendUpload([item('first'), changed], both(client)).finally(() => client.destroy()),
        receiveUpload(both(server), memoryReceiver()),
      ]);
      assert.deepEqual(
        [sending, receiving].map(end => end.status === 'rejected' && end.reason.code),
        ['UPLOAD_SOURCE_CHANGED', 'UPLOAD_CUT'],
      );
    }
  });

  it('ends on both sides with what the receiver has against it', async () => {
    const [client, server] = await connect();
    const full: UploadReceiver = {
      ...memoryReceiver(),
      object: async () => {
        throw new TakoError('DISK_FULL', 'no room', {hint: 'make some', details: ['1 byte']});
      },
    };
    const items = Array.from({length: 5_000}, (_, index) => item(String(index).repeat(5_000)));
    const [sending, receiving] = await Promise.allSettled([
      sendUpload(items, both(client)),
      receiveUpload(both(server), full),
    ]);
    for (const end of [sending, receiving]) {
      assert.ok(end.status === 'rejected');
      const {code, hint, details} = end.reason as TakoError;
      assert.deepEqual([code, hint, details], ['DISK_FULL', 'make some', ['1 byte']]);
    }
  });

  it('stops when its signal says so', async () => {
    const [client, server] = await connect();
    const controller = new AbortController();
    const receiving = receiveUpload(both(server), memoryReceiver());
    async function* endless() {
      for (let index = 0; ; index++) {
        if (index === 10) controller.abort();
        yield item(`${index}`);
      }
    }
    const sending = sendUpload(endless(), both(client), {signal: controller.signal});
    await assert.rejects(sending, {name: 'AbortError'});
    client.destroy();
    await assert.rejects(receiving, {code: 'UPLOAD_CUT'});
  });
});

describe('a receiver', () => {
  it('takes frames however they are cut into pieces', async () => {
    const bytes = stream(frame('one'), frame(''), frame('{}', 'manifest'), frame('x'.repeat(200_000), 'executable'));
    for (const pieces of [1, 7, 1 << 20]) assert.equal((await receive(bytes, undefined, pieces)).count, 4);
  });

  it('answers how much it has, and that it is done', async () => {
    const {answers} = await receive(stream(frame('one'), frame('two')));
    assert.deepEqual(answers, [{received: 1}, {received: 2}, {done: true, received: 2}]);
  });

  it('keeps what came before a cut, wherever the cut is', async () => {
    const bytes = stream(frame('one'), frame('two'.repeat(50_000)));
    for (const end of [0, 1, 10, Math.floor(bytes.length / 2), bytes.length - 5])
      await assertRefused(bytes.subarray(0, end), 'UPLOAD_CUT');
    const whole = zstdCompressSync(Buffer.concat([frame('one'), frame('two').subarray(0, 69)]));
    assert.deepEqual((await receive(whole)).kept, [{kind: 'file', text: 'one'}]);
    await assertRefused(whole, 'UPLOAD_CUT');
    await assertRefused(zstdCompressSync(frame('one')), 'UPLOAD_CUT');
  });

  it('refuses what is no upload', async () => {
    await assertRefused(Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'UPLOAD_INVALID');
    const heads = [
      '',
      'x',
      'end ',
      `${'a'.repeat(64)} - 01`,
      `${'a'.repeat(64)} - -1`,
      `${'A'.repeat(64)} - 1`,
      `${'a'.repeat(64)} q 1`,
      `${'a'.repeat(64)} - 9007199254740993`,
      '../'.repeat(20),
      'a'.repeat(1_000_000),
    ];
    for (const head of heads) await assertRefused(zstdCompressSync(Buffer.from(`${head}\n`)), 'UPLOAD_INVALID');
  });

  it('refuses a manifest or a patch with another hash', async () => {
    for (const kind of ['manifest', 'patch'] as const) {
      const wrong = Buffer.concat([renderFrameHead({sha256: sha256Of('a'), kind, size: 1}), Buffer.from('b')]);
      await assertRefused(stream(wrong), 'UPLOAD_INVALID');
    }
  });

  it('refuses more than its limits, when it is announced and before it is sent', async () => {
    const limits = {objectBytes: 100, totalBytes: 150, frames: 3};
    const head = (size: number, kind: UploadKind = 'file'): Buffer =>
      renderFrameHead({sha256: sha256Of(''), kind, size});
    await assertRefused(zstdCompressSync(head(101)), 'UPLOAD_TOO_LARGE', limits);
    await assertRefused(zstdCompressSync(head(2 ** 40, 'manifest')), 'UPLOAD_TOO_LARGE');
    await assertRefused(stream(frame('x'.repeat(80)), frame('y'.repeat(80))), 'UPLOAD_TOO_LARGE', limits);
    await assertRefused(stream(frame('1'), frame('2'), frame('3'), frame('4')), 'UPLOAD_TOO_LARGE', limits);
  });

  it('refuses a stream that needs more memory to unpack than ours do', async () => {
    const bytes = zstdCompressSync(Buffer.concat([frame('x'.repeat(1 << 27)), END_OF_FRAMES]), {
      params: {[constants.ZSTD_c_windowLog]: 27},
    });
    await assertRefused(bytes, 'UPLOAD_INVALID');
  });

  it('takes any bytes without a failure of its own', async () => {
    const good = stream(frame('one'), frame('two', 'executable'), frame('{}', 'manifest'));
    const damaged = fc.tuple(fc.nat(good.length - 1), fc.nat(255)).map(([at, value]) => good.with(at, value));
    const line = fc.oneof(fc.string(), fc.constant(frame('x').toString()), fc.constant('end\n'));
    const packed = fc.array(line).map(lines => new Uint8Array(zstdCompressSync(Buffer.from(lines.join('')))));
    await fc.assert(
      fc.asyncProperty(fc.oneof(damaged, packed, fc.uint8Array()), async bytes => {
        const {error} = await receive(bytes);
        assert.ok(error === undefined || error instanceof TakoError, String(error));
      }),
      {seed: 17, numRuns: 500},
    );
  });
});

describe('a head of a frame', () => {
  it('is read as it was written', () => {
    for (const kind of ['file', 'executable', 'manifest', 'patch'] as const) {
      const head = {sha256: sha256Of(kind), kind, size: Number.MAX_SAFE_INTEGER};
      assert.deepEqual(parseFrameHead(renderFrameHead(head).toString().trimEnd()), head);
    }
  });
});
