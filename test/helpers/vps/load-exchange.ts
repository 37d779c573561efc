import {type EventEmitter, once} from 'node:events';
import type {IncomingMessage} from 'node:http';
import {type ClientHttp2Session, connect as connectHttp2, constants} from 'node:http2';
import {Agent, request} from 'node:https';
import type {Writable} from 'node:stream';
import {text} from 'node:stream/consumers';
import {setTimeout as delay} from 'node:timers/promises';
import type {Target} from './load.js';

// One request and its whole answer, over a connection that is kept. Nothing is sent again that the server may have seen.

type Fields = Readonly<Record<string, unknown>>;

export type Answer = {
  readonly status: number;
  readonly headers: Fields;
  readonly body: string;
};

export type Exchange = {
  /** Sends the pieces of the body with pauses between them. Rejects when the answer is not whole. */
  send(method: 'GET' | 'POST', path: string, body?: readonly Buffer[]): Promise<Answer>;
  close(): void;
};

/** Between two pieces of a body: an upload is to be under way when something happens. */
const PIECE_PAUSE_MS = 5;

/** HTTP/1.1 over one connection, kept alive for as long as the server likes. */
export function createHttp1Exchange(target: Target): Exchange {
  const agent = new Agent({keepAlive: true, maxSockets: 1});
  return {
    async send(method, path, body = []) {
      const signal = AbortSignal.timeout(target.timeoutMs);
      const headers = {host: target.host, ...lengthOf(body)};
      const sent = request({...address(target), agent, method, path, headers, signal});
      try {
        const [answer] = await Promise.all([firstOf<IncomingMessage>(sent, 'response'), writeSlowly(sent, body)]);
        return {status: answer.statusCode ?? 0, headers: answer.headers, body: await text(answer)};
      } catch (error) {
        const where = sent.reusedSocket ? ' (on a kept connection)' : '';
        throw new Error(`${signal.aborted ? 'not answered in time' : messageOf(error)}${where}`, {cause: error});
      }
    },
    close: () => agent.destroy(),
  };
}

/** HTTP/2 over one connection, and a next one when the server says that it goes away. */
export function createHttp2Exchange(target: Target, onRefused: () => void): Exchange {
  let session: ClientHttp2Session | undefined;
  const send: Exchange['send'] = async (method, path, body = []) => {
    session = session && !session.closed && !session.destroyed ? session : await openSession(target);
    const signal = AbortSignal.timeout(target.timeoutMs);
    const head = {':method': method, ':path': path, ':authority': target.host, ...lengthOf(body)};
    const stream = session.request(head, {signal});
    try {
      const [headers] = await Promise.all([firstOf<Fields>(stream, 'response'), writeSlowly(stream, body)]);
      const answer = await text(stream);
      // A stream that is cancelled ends as if it were complete.
      if (stream.rstCode !== constants.NGHTTP2_NO_ERROR) throw new Error(`cut with code ${stream.rstCode}`);
      return {status: Number(headers[':status']), headers, body: answer};
    } catch (error) {
      if (signal.aborted) throw new Error('not answered in time', {cause: error});
      if (stream.rstCode !== constants.NGHTTP2_REFUSED_STREAM) throw error;
      onRefused();
      return send(method, path, body);
    }
  };
  return {send, close: () => session?.close()};
}

async function openSession(target: Target): Promise<ClientHttp2Session> {
  const {host, port, servername, ca} = address(target);
  const session = connectHttp2(`https://${host}:${port}`, {servername, ca, ALPNProtocols: ['h2']});
  // What goes wrong with the session is said by its streams.
  session.on('error', () => {});
  session.on('goaway', () => session.close());
  await once(session, 'connect', {signal: AbortSignal.timeout(target.timeoutMs)});
  return session;
}

/** What the event comes with. Rejects with what went wrong instead, also where the end comes without an error. */
function firstOf<T>(sent: EventEmitter, event: string): Promise<T> {
  return new Promise((resolve, reject) => {
    sent.once(event, resolve);
    sent.on('error', reject);
    sent.once('close', () => reject(new Error('ended without an answer')));
  });
}

async function writeSlowly(sent: Writable, body: readonly Buffer[]): Promise<void> {
  for (const piece of body) {
    if (sent.destroyed) return;
    sent.write(piece);
    await delay(PIECE_PAUSE_MS);
  }
  sent.end();
}

const lengthOf = (body: readonly Buffer[]): {'content-length'?: number} =>
  body.length === 0 ? {} : {'content-length': body.reduce((sum, {length}) => sum + length, 0)};

/** How to get there by TLS: the connection to the address, the certificate checked for the name. */
export const address = ({address, port, host, ca}: Target) => ({host: address, port, servername: host, ca});

export const messageOf = (error: unknown): string =>
  error instanceof Error ? [Reflect.get(error, 'code'), error.message].filter(Boolean).join(': ') : String(error);
