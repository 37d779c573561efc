// `node idle-connections.mjs PORT HOST COUNT`: opens that many TLS connections, asks one request on each, reports and keeps
// them open until it is stopped.
import tls from 'node:tls';
import {CIPHER} from './cipher.mjs';

const [port, host, count] = process.argv.slice(2);
const TARGET = {
  port: Number(port),
  host: '127.0.0.1',
  servername: 'localhost',
  ciphers: CIPHER,
  rejectUnauthorized: false,
};
/** Handshakes at a time: enough to keep the proxy at work, few enough to stay within every backlog. */
const AT_A_TIME = 50;
const REQUEST = `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

const open = [];
let failed = 0;
await Promise.all(Array.from({length: AT_A_TIME}, openInTurn));
console.log(JSON.stringify({open: open.filter(socket => !socket.destroyed).length, failed}));

async function openInTurn() {
  while (open.length + failed < Number(count)) {
    const socket = tls.connect(TARGET);
    // Counted before the answer, so that the others do not open more than asked for.
    open.push(socket);
    await askOnce(socket).catch(() => failed++);
  }
}

function askOnce(socket) {
  return new Promise((resolve, reject) => {
    socket.once('secureConnect', () => socket.write(REQUEST));
    // The small answer arrives in one piece or two; its end is all that matters.
    socket.on('data', chunk => chunk.latin1Slice().endsWith('Hello, World!') && resolve());
    socket.once('close', () => reject(new Error('closed')));
    socket.on('error', reject);
  });
}
