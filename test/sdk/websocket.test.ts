import assert from 'node:assert/strict';
import {once} from 'node:events';
import {rmSync} from 'node:fs';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {WebSocket} from 'ws';
import {eventually} from '../helpers/eventually.js';
import {type ContractApp, createApps, documentOf} from './contract-app.js';
import {ask, askJson, openSocket} from './http-client.js';
import {createAppFolder, RUNTIMES} from './runtimes.js';

const HANDSHAKE =
  'GET /socket HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

for (const runtime of RUNTIMES) {
  describe.skipIf(runtime.isMissing)(`a WebSocket of a handler on ${runtime.name}`, () => {
    const isNode = runtime.name.startsWith('Node');
    const apps = createApps();
    let folder: string;
    let app: ContractApp;
    let port: number;

    beforeAll(async () => {
      folder = createAppFolder('sdk/handler.mjs');
      app = await apps.start(runtime.launch(folder, 'handler.mjs'), {directory: folder, document: documentOf()});
      port = await app.port();
    });
    afterAll(async () => {
      await apps.close();
      rmSync(folder, {recursive: true, force: true});
    });

    /** Opened, with the first message read. */
    async function openClient(name = 'Ada'): Promise<{client: WebSocket; first: string}> {
      const client = new WebSocket(`ws://127.0.0.1:${port}/socket?name=${name}`);
      const [data] = await once(client, 'message');
      return {client, first: String(data)};
    }
    const closeOf = async (client: WebSocket): Promise<[number, string]> => {
      const [code, reason] = await once(client, 'close');
      return [code, String(reason)];
    };
    /** Waits until the app's `close` was last called with these. */
    const seesClose = (expected: [number, string]): Promise<void> =>
      eventually(async () => {
        const {closed} = await askJson<{closed: [number, string][]}>(port, '/state');
        assert.deepEqual(closed.at(-1), expected);
      });

    it('has what was given to upgrade, and carries text and bytes both ways', async () => {
      const {client, first} = await openClient();
      assert.equal(first, 'hello Ada');
      for (const message of ['text', '', 'ü'.repeat(200), 'x'.repeat(70_000)]) {
        client.send(message);
        const [data, isBinary] = await once(client, 'message');
        assert.deepEqual([String(data), isBinary], [message, false]);
      }
      const bytes = Buffer.from([0, 255, 1, 254]);
      client.send(bytes);
      const [data, isBinary] = await once(client, 'message');
      assert.deepEqual([data, isBinary], [bytes, true]);
      client.close(1000, 'done');
      assert.equal((await closeOf(client))[0], 1000);
      await seesClose([1000, 'done']);
    });

    it('answers a request that is none like any other', async () => {
      const {status, body} = await ask(port, '/socket');
      assert.deepEqual([status, `${body}`], [426, 'a WebSocket is served here']);
    });

    it('can send fields of its own with the handshake', async () => {
      const {socket, text} = await openSocket(port);
      socket.write(HANDSHAKE);
      await eventually(() => assert.match(text(), /hello/));
      // RFC 6455, section 1.3, has this very key.
      assert.match(text(), /sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/i);
      assert.match(text(), /x-upgraded: yes/i);
      socket.destroy();
    });

    it('takes messages in parts, with pings between them', async () => {
      const {client} = await openClient();
      client.send('one ', {fin: false});
      client.ping('are you there');
      client.send('message', {fin: true});
      const pong = once(client, 'pong');
      const [data] = await once(client, 'message');
      assert.equal(String(data), 'one message');
      assert.equal(String((await pong)[0]), 'are you there');
      client.terminate();
    });

    it('closes with the code and reason of the app', async () => {
      const {client} = await openClient();
      client.send('close');
      const [code, reason] = await closeOf(client);
      assert.deepEqual([code, reason], [4001, 'as you wish']);
    });

    it('is closed with 1009 when a message is longer than the app takes', async () => {
      const {client} = await openClient();
      client.send(Buffer.alloc(1_000_001));
      assert.equal((await closeOf(client))[0], 1009);
      assert.equal((await ask(port, '/')).status, 200);
    });

    it('is closed with 1011 when a handler throws, and others go on', async () => {
      const [first, second] = await Promise.all([openClient(), openClient('Bob')]);
      first.client.send('throw');
      assert.equal((await closeOf(first.client))[0], 1011);
      await eventually(() => assert.match(app.output(), /in a handler/));
      second.client.send('still here');
      assert.equal(String((await once(second.client, 'message'))[0]), 'still here');
      second.client.terminate();
    });

    it('is told of a client that goes without a word', async () => {
      const {client} = await openClient();
      client.terminate();
      await seesClose([1006, '']);
    });

    it('sends more than the connection takes at once', async () => {
      const {client} = await openClient();
      client.send('flood');
      let received = 0;
      client.on('message', data => (received += (data as Buffer).length));
      await eventually(() => assert.equal(received, 200 * 65_536), {progress: () => received});
      client.terminate();
    });

    if (isNode) rulesOfFrames(() => port);
  });
}

/** A frame as a client sends it: masked. */
function frame(first: number, payload: Buffer | string, mask = 0x80): Buffer {
  const bytes = Buffer.from(payload);
  const key = Buffer.from([1, 2, 3, 4]);
  const masked = bytes.map((byte, index) => byte ^ (key[index & 3] ?? 0));
  return Buffer.concat([Buffer.from([first, mask | bytes.length]), mask === 0 ? Buffer.alloc(0) : key, masked]);
}

/** RFC 6455: what is not allowed ends the connection with a code. Bun and Deno have their own code for it. */
function rulesOfFrames(portOf: () => number): void {
  const rules: readonly (readonly [name: string, bytes: Buffer, code: number])[] = [
    ['a frame without a mask', frame(0x81, 'a', 0), 1002],
    ['a reserved bit', frame(0xc1, 'a'), 1002],
    ['an unknown opcode', frame(0x83, 'a'), 1002],
    ['a ping in parts', frame(0x09, 'a'), 1002],
    ['a long ping', Buffer.from([0x89, 0xfe, 0, 126, 0, 0, 0, 0]), 1002],
    ['a part of no message', frame(0x80, 'a'), 1002],
    ['a message within a message', Buffer.concat([frame(0x01, 'a'), frame(0x81, 'b')]), 1002],
    ['text that is not UTF-8', frame(0x81, Buffer.from([0xc3, 0x28])), 1007],
    ['half a close code', frame(0x88, Buffer.from([3])), 1002],
    ['a close code that must not be sent', frame(0x88, Buffer.from([0x03, 0xed])), 1002],
    ['a length of 2^63', Buffer.from([0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]), 1009],
  ];
  it.each(rules)('is closed for %s', async (_, bytes, code) => {
    const {socket, text, closed} = await openSocket(portOf());
    socket.write(HANDSHAKE);
    await eventually(() => assert.match(text(), /hello/));
    socket.write(bytes);
    await closed;
    const close = Buffer.from(text(), 'latin1').subarray(text().indexOf('hello') + 'hello null'.length);
    assert.deepEqual([close[0], close.readUInt16BE(2)], [0x88, code]);
  });

  it.each([
    ['another version', HANDSHAKE.replace('Version: 13', 'Version: 8')],
    ['a key that is none', HANDSHAKE.replace(/Key: .*/, 'Key: short')],
    ['another method', HANDSHAKE.replace('GET', 'DELETE')],
    ['another protocol', HANDSHAKE.replace('websocket', 'h2c')],
  ])('is not opened for %s: the handler answers', async (_, head) => {
    const {socket, text, closed} = await openSocket(portOf());
    socket.write(head);
    await closed;
    assert.match(text(), /^HTTP\/1\.1 426 [\s\S]*a WebSocket is served here/);
  });
}
