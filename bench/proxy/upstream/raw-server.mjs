// `node raw-server.mjs PORT`: an upstream on node:net that does as little as it can. `GET /` answers 13 bytes, `/large`
// 10 MiB, `/headers` which X-Forwarded headers came; a body of any size is read to its end before the answer; an upgrade
// becomes a WebSocket that echoes. It trusts its peer: this is a load tool, not a server.
import {createHash} from 'node:crypto';
import net from 'node:net';
import {LARGE_BODY_BYTES, SMALL_BODY} from './bodies.mjs';
import {createEcho} from './echo.mjs';

const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const LAST_CHUNK = '0\r\n\r\n';
const SMALL = createAnswer(Buffer.from(SMALL_BODY));
const LARGE = createAnswer(Buffer.alloc(LARGE_BODY_BYTES, 'x'));

net.createServer({noDelay: true}, serve).listen(Number(process.argv[2]), '127.0.0.1');

function serve(socket) {
  let receive = readHead;
  let head = '';
  let bodyBytesLeft = 0;
  let tail = '';

  socket.on('error', () => socket.destroy());
  socket.on('data', chunk => receive(chunk));

  function readHead(chunk) {
    head += chunk.latin1Slice();
    const end = head.indexOf('\r\n\r\n');
    if (end === -1) return;
    const rest = chunk.subarray(chunk.length - (head.length - end - 4));
    if (/\r\nupgrade: *websocket/i.test(head)) return upgrade(rest);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    bodyBytesLeft = Number(length ?? 0);
    receive = /\r\ntransfer-encoding: *chunked/i.test(head) ? readChunks : readBody;
    receive(rest);
  }

  function readBody(chunk) {
    bodyBytesLeft -= chunk.length;
    if (bodyBytesLeft <= 0) answer();
  }

  function readChunks(chunk) {
    tail = (tail + chunk.subarray(-LAST_CHUNK.length).latin1Slice()).slice(-LAST_CHUNK.length);
    if (tail === LAST_CHUNK) answer();
  }

  function answer() {
    socket.write(answerTo(head));
    receive = readHead;
    head = '';
    tail = '';
  }

  function upgrade(rest) {
    const key = /\r\nsec-websocket-key: *(\S+)/i.exec(head)?.[1] ?? '';
    const accept = createHash('sha1')
      .update(key + WEBSOCKET_GUID)
      .digest('base64');
    const fields = `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}`;
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${fields}\r\n\r\n`);
    receive = createEcho(socket);
    if (rest.length > 0) receive(rest);
  }
}

function answerTo(head) {
  if (head.startsWith('GET /large ')) return LARGE;
  if (head.startsWith('GET /headers ')) return createAnswer(Buffer.from(describeForwarded(head)));
  return SMALL;
}

function describeForwarded(head) {
  const field = name => new RegExp(`\\r\\nx-forwarded-${name}: *([^\\r]*)`, 'i').exec(head)?.[1] ?? '';
  return `for=${field('for')} proto=${field('proto')} host=${field('host')}`;
}

function createAnswer(body) {
  const head = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}
