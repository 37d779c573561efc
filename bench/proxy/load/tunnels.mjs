// `node tunnels.mjs PORT HOST COUNT SECONDS`: opens that many WebSockets over TLS and sends one message on each, then the
// next one whenever an echo arrives. Reports when all are open, when the measured time begins and what it came to.
import {setTimeout as sleep} from 'node:timers/promises';
import tls from 'node:tls';
import {CIPHER} from './cipher.mjs';

const [port, host, count, seconds] = process.argv.slice(2);
const TARGET = {
  port: Number(port),
  host: '127.0.0.1',
  servername: 'localhost',
  ciphers: CIPHER,
  rejectUnauthorized: false,
};
const AT_A_TIME = 50;
const WARM_UP_MS = 500;
const MESSAGE = createFrame(Buffer.alloc(32, 'x'));
const ECHO_BYTES = MESSAGE.length - 4;
const UPGRADE = [
  'GET /socket HTTP/1.1',
  `Host: ${host}`,
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  '\r\n',
].join('\r\n');

let messages = 0;
let lost = 0;
const sockets = [];
await Promise.all(Array.from({length: AT_A_TIME}, openInTurn));
for (const socket of sockets) start(socket);
await sleep(WARM_UP_MS);
report({measuring: sockets.length});
const before = messages;
const began = performance.now();
await sleep(Number(seconds) * 1_000);
report({messages: messages - before, microseconds: (performance.now() - began) * 1_000, failed: lost});
for (const socket of sockets) socket.destroy();

async function openInTurn() {
  while (sockets.length < Number(count)) {
    const socket = tls.connect(TARGET);
    sockets.push(socket);
    await upgrade(socket);
  }
}

function upgrade(socket) {
  return new Promise((resolve, reject) => {
    socket.once('secureConnect', () => socket.write(UPGRADE));
    socket.once('data', head => {
      if (head.latin1Slice().startsWith('HTTP/1.1 101 ')) resolve();
      else reject(new Error(`no upgrade: ${head.latin1Slice().split('\r\n')[0]}`));
    });
    socket.once('error', reject);
  });
}

function start(socket) {
  let bytesMissing = ECHO_BYTES;
  socket.on('data', chunk => {
    bytesMissing -= chunk.length;
    if (bytesMissing > 0) return;
    bytesMissing = ECHO_BYTES;
    messages++;
    socket.write(MESSAGE);
  });
  socket.on('error', () => {});
  socket.once('close', () => lost++);
  socket.write(MESSAGE);
}

/** A masked binary frame of up to 125 bytes: RFC 6455 section 5.2. */
function createFrame(payload) {
  const mask = Buffer.from([0x12, 0x34, 0x56, 0x78]);
  const masked = payload.map((byte, index) => byte ^ mask[index & 3]);
  return Buffer.concat([Buffer.from([0x82, 0x80 | payload.length]), mask, masked]);
}

function report(event) {
  console.log(JSON.stringify(event));
}
