import {createHash} from 'node:crypto';
import type {IncomingMessage} from 'node:http';

/** RFC 6455, section 1.3. */
const KEY_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** 16 bytes in base64. */
const KEY = /^[+/0-9A-Za-z]{22}==$/;

/** The key of a request that opens a WebSocket, RFC 6455, section 4.2.1. Undefined: it is another kind of request. */
export function webSocketKey({method, headers}: IncomingMessage): string | undefined {
  const key = headers['sec-websocket-key'];
  const isHandshake =
    method === 'GET' &&
    isWebSocketUpgrade(headers.upgrade) &&
    headers['sec-websocket-version'] === '13' &&
    key !== undefined &&
    KEY.test(key);
  return isHandshake ? key : undefined;
}

const isWebSocketUpgrade = (upgrade = ''): boolean => upgrade.trim().toLowerCase() === 'websocket';

/** Fields that only the handshake itself sets. */
const OWN_FIELDS = ['upgrade', 'connection', 'sec-websocket-accept', 'sec-websocket-extensions', 'content-length'];

/** The head of the answer that opens it, with the app's own fields. */
export function renderHandshake(key: string, fields: RequestInit['headers'] = {}): string {
  const accept = createHash('sha1')
    .update(key + KEY_SUFFIX)
    .digest('base64');
  const own = [...new Headers(fields)].filter(([name]) => !OWN_FIELDS.includes(name));
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
    ...own.map(([name, value]) => `${name}: ${value}`),
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}
