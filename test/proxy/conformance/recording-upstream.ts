// The app's side of a request vector: it keeps the bytes as they came, and what a parser that is not ours (llhttp, in
// node:http) makes of them.

import {once} from 'node:events';
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import {type AddressInfo, createServer as createNetServer, type Server, type Socket} from 'node:net';
import type {Upstream} from '../../../src/proxy/upstream.js';

/** A request read to its end. */
export type SeenRequest = {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly body: string;
  /** Names and values in turn. */
  readonly rawTrailers: readonly string[];
};

export type Seen = {
  readonly requests: readonly SeenRequest[];
  /** The bytes of each connection that carried any, in the order they began to. */
  readonly transcripts: readonly string[];
  /** What the parser could not read. */
  readonly faults: readonly string[];
};

export type RecordingUpstream = Upstream & {
  /** What came since it was last asked. */
  take(): Seen;
  close(): Promise<void>;
};

/** More than the gateway lets through. */
const MAX_HEADER_SIZE = 256 * 1024;

/** Answers each request, once it is whole, with its method and target as body. Reads with llhttp. */
export async function startLlhttpUpstream(): Promise<RecordingUpstream> {
  const record = createRecord();
  const parser = createServer({maxHeaderSize: MAX_HEADER_SIZE, requestTimeout: 0, keepAliveTimeout: 60_000});
  parser.maxHeadersCount = 0;
  parser.on('request', (request, response) => void answerWhenWhole(request, response, record));
  parser.on('clientError', (error, socket) => {
    record.faults.push(error.message);
    socket.destroy();
  });
  return listen(record, socket => void parser.emit('connection', socket));
}

/** The same for requests without a body, but reads no further than the first line: it takes any method. */
export async function startBytesUpstream(): Promise<RecordingUpstream> {
  const record = createRecord();
  return listen(record, socket => {
    let received = '';
    socket.on('data', bytes => {
      received += bytes.toString('latin1');
      for (let end = received.indexOf('\r\n\r\n'); end !== -1; end = received.indexOf('\r\n\r\n')) {
        answerHead(received.slice(0, end), socket, record);
        received = received.slice(end + 4);
      }
    });
  });
}

type Record = {
  requests: SeenRequest[];
  faults: string[];
  transcripts: Map<Socket, string[]>;
};

const createRecord = (): Record => ({requests: [], faults: [], transcripts: new Map()});

async function answerWhenWhole(request: IncomingMessage, response: ServerResponse, record: Record): Promise<void> {
  const chunks: Buffer[] = [];
  request.on('error', () => undefined);
  request.on('data', bytes => chunks.push(bytes));
  await new Promise(resolve => request.once('close', resolve).once('end', resolve));
  if (!request.complete) return;
  const {method = '', url: target = '', httpVersion: version, rawTrailers} = request;
  record.requests.push({method, target, version, body: Buffer.concat(chunks).toString('latin1'), rawTrailers});
  response.sendDate = false;
  response.end(`${method} ${target}`);
}

function answerHead(head: string, socket: Socket, record: Record): void {
  const [method = '', target = '', version = ''] = (head.split('\r\n')[0] ?? '').split(' ');
  record.requests.push({method, target, version: version.replace('HTTP/', ''), body: '', rawTrailers: []});
  const body = `${method} ${target}`;
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`, 'latin1');
}

async function listen(record: Record, onConnection: (socket: Socket) => void): Promise<RecordingUpstream> {
  const sockets = new Set<Socket>();
  const server = createNetServer(socket => {
    sockets.add(socket.on('error', () => undefined).on('close', () => sockets.delete(socket)));
    onConnection(socket);
    // Behind the parser's own listeners: it would take the socket's handle for itself otherwise.
    socket.on('data', bytes => write(record, socket, bytes));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    take: () => take(record),
    close: () => closeServer(server, sockets),
  };
}

function write({transcripts}: Record, socket: Socket, bytes: Buffer): void {
  const transcript = transcripts.get(socket) ?? [];
  transcript.push(bytes.toString('latin1'));
  transcripts.set(socket, transcript);
}

function take(record: Record): Seen {
  const {requests, faults} = record;
  const transcripts = [...record.transcripts.values()].map(pieces => pieces.join(''));
  Object.assign(record, createRecord());
  return {requests, faults, transcripts};
}

/** Closes a server with all that is connected to it. */
export async function closeServer(server: Server, sockets: Iterable<Socket>): Promise<void> {
  const closed = new Promise(resolve => server.close(resolve));
  for (const socket of sockets) socket.destroy();
  await closed;
}
