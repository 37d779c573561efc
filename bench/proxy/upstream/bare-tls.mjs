// `node bare-tls.mjs PORT CERT KEY`: answers every request on a TLS connection with the same bytes, parsing nothing.
import {readFileSync} from 'node:fs';
import tls from 'node:tls';

const [port, certFile, keyFile] = process.argv.slice(2);
const ANSWER = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nHello, World!');
const CLOSING_ANSWER = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 13\r\nConnection: close\r\n\r\nHello, World!');

tls
  .createServer({cert: readFileSync(certFile), key: readFileSync(keyFile)}, socket => {
    socket.on('error', () => socket.destroy());
    socket.on('data', head => {
      if (/\r\nconnection: close\r\n/i.test(head.toString('latin1'))) socket.end(CLOSING_ANSWER);
      else socket.write(ANSWER);
    });
  })
  .listen(Number(port), '127.0.0.1');
