// What Node's own parser makes of the same bytes. Its HTTP server and client are given a stream in memory, whole.

import http, {type ClientRequest, type IncomingMessage} from 'node:http';
import {Duplex} from 'node:stream';
import {setImmediate} from 'node:timers/promises';

export type NodeMessage = {
  /** Method and target, or status and reason. */
  readonly start: readonly (string | number)[];
  readonly minorVersion: number;
  readonly rawHeaders: readonly string[];
  body: string;
  rawTrailers: readonly string[];
  isComplete: boolean;
};

/** `refusal` is the error's code and words, empty where there was none. */
export type NodeReading = {readonly messages: NodeMessage[]; refusal: string};

const MAX_HEAD_BYTES = 1024 * 1024;
/** Turns of the event loop until all that was read has been told. */
const TURNS = 4;

/** Reads all requests in each of the texts. */
export async function readRequestsWithNode(texts: readonly Buffer[]): Promise<NodeReading[]> {
  const readings = new Map<Duplex, NodeReading>();
  const server = http.createServer({requireHostHeader: false, maxHeaderSize: MAX_HEAD_BYTES});
  server.maxHeadersCount = 0;
  const onRequest = (request: IncomingMessage): void => {
    const {method = '', url = ''} = request;
    collect(readings.get(request.socket), request, [method, url]);
  };
  for (const event of ['request', 'checkContinue', 'checkExpectation']) server.on(event, onRequest);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const reading = readings.get(socket);
    if (reading !== undefined) reading.refusal ||= describe(error);
  });
  for (const text of texts) {
    const duplex = createDuplex();
    readings.set(duplex, {messages: [], refusal: ''});
    server.emit('connection', duplex);
    duplex.push(text);
  }
  await turn();
  for (const duplex of readings.keys()) duplex.destroy();
  return [...readings.values()];
}

/** Reads one answer, and the interim ones before it, in each of the texts. `isEnded` closes the connection behind it. */
export async function readResponsesWithNode(
  texts: readonly {readonly text: Buffer; readonly isEnded: boolean}[],
  method = 'GET',
): Promise<NodeReading[]> {
  const open = texts.map(({text, isEnded}) => ({text, isEnded, duplex: createDuplex(), ...createClient(method)}));
  const agents = open.map(({request, duplex}) => request(duplex));
  await turn();
  for (const {duplex, text, isEnded} of open) {
    duplex.push(text);
    if (isEnded) duplex.push(null);
  }
  await turn();
  for (const agent of agents) agent.destroy();
  for (const {duplex} of open) duplex.destroy();
  return open.map(({reading}) => reading);
}

function createClient(method: string): {reading: NodeReading; request: (duplex: Duplex) => ClientRequest} {
  const reading: NodeReading = {messages: [], refusal: ''};
  const request = (duplex: Duplex): ClientRequest => {
    const sent = http.request({method, maxHeaderSize: MAX_HEAD_BYTES, createConnection: () => duplex});
    sent.maxHeadersCount = 0;
    sent.on('information', ({statusCode, statusMessage, httpVersionMinor, rawHeaders}) => {
      reading.messages.push({
        start: [statusCode, statusMessage],
        minorVersion: httpVersionMinor,
        rawHeaders,
        body: '',
        rawTrailers: [],
        isComplete: true,
      });
    });
    sent.on('response', response => {
      collect(reading, response, [response.statusCode ?? 0, response.statusMessage ?? '']);
    });
    sent.on('upgrade', response => {
      collect(reading, response, [response.statusCode ?? 0, response.statusMessage ?? '']);
      for (const message of reading.messages) message.isComplete = true;
    });
    sent.on('error', error => {
      reading.refusal ||= describe(error);
    });
    sent.end();
    return sent;
  };
  return {reading, request};
}

function collect(
  reading: NodeReading | undefined,
  incoming: IncomingMessage,
  start: readonly (string | number)[],
): void {
  const {httpVersionMinor: minorVersion, rawHeaders} = incoming;
  const message: NodeMessage = {start, minorVersion, rawHeaders, body: '', rawTrailers: [], isComplete: false};
  reading?.messages.push(message);
  incoming.on('data', (chunk: Buffer) => {
    message.body += chunk.toString('latin1');
  });
  incoming.on('end', () => {
    message.isComplete = incoming.complete;
    message.rawTrailers = incoming.rawTrailers;
  });
  // An answer that is cut off says so here; the request says why.
  incoming.on('error', () => undefined);
}

const createDuplex = (): Duplex =>
  new Duplex({
    read: () => undefined,
    write: (_chunk, _encoding, done) => done(),
  });

async function turn(): Promise<void> {
  for (let count = 0; count < TURNS; count++) await setImmediate();
}

const describe = (error: NodeJS.ErrnoException): string =>
  `${error.code ?? ''}: ${'reason' in error ? String(error.reason) : error.message}`;
