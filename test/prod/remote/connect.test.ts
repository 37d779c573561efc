import assert from 'node:assert/strict';
import {once} from 'node:events';
import {mkdtempSync, rmSync} from 'node:fs';
import {createServer, type Server, type Socket} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {PassThrough} from 'node:stream';
import {text} from 'node:stream/consumers';
import {afterEach, beforeEach, describe, it} from 'vitest';
import {CONNECT_EXIT, connect} from '../../../src/prod/remote/connect.js';
import {createRandom} from '../../helpers/random.js';

describe('tako-server connect', () => {
  let folder: string;
  let server: Server;
  let socketPath: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'tako-connect-'));
    socketPath = path.join(folder, 'control.sock');
    server = createServer({allowHalfOpen: true});
  });
  afterEach(() => {
    server.close();
    rmSync(folder, {recursive: true});
  });

  const streams = () => ({input: new PassThrough(), output: new PassThrough(), errors: new PassThrough()});

  async function listen(onSocket: (socket: Socket) => void): Promise<void> {
    server.on('connection', onSocket).listen(socketPath);
    await once(server, 'listening');
  }

  it('carries bytes both ways, and the end of one leaves the other open', async () => {
    const sent = createRandom(1).bytes(300_000);
    await listen(async socket => {
      const chunks: Buffer[] = [];
      for await (const chunk of socket.iterator({destroyOnReturn: false})) chunks.push(chunk as Buffer);
      socket.end(`got ${Buffer.concat(chunks).equals(sent)} after your end`);
    });
    const {input, output, errors} = streams();
    const code = connect(socketPath, {input, output, errors});
    input.end(sent);
    assert.equal(await text(output), 'got true after your end');
    assert.equal(await code, 0);
  });

  it('ends when the server does, though its own input stays open', async () => {
    await listen(socket => socket.end('bye'));
    const {input, output, errors} = streams();
    const code = connect(socketPath, {input, output, errors});
    assert.equal(await text(output), 'bye');
    assert.equal(await code, 0);
  });

  it('ends when nobody reads what it writes any more', async () => {
    await listen(socket => {
      socket.on('error', () => undefined);
      const timer = setInterval(() => socket.write('still here\n'), 5);
      socket.once('close', () => clearInterval(timer));
    });
    const {input, output, errors} = streams();
    const code = connect(socketPath, {input, output, errors});
    await once(output, 'data');
    output.destroy(Object.assign(new Error('broken pipe'), {code: 'EPIPE'}));
    assert.equal(await code, 0);
  });

  it('says with its exit code that nothing listens', async () => {
    const {input, output, errors} = streams();
    assert.equal(await connect(socketPath, {input, output, errors}), CONNECT_EXIT.unavailable);
    assert.match(String(errors.read()), /nothing listens on .*control\.sock \(ENOENT\)/);
  });
});
