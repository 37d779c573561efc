import {once} from 'node:events';
import type {IncomingMessage} from 'node:http';
import {request} from 'node:https';
import {setTimeout as delay} from 'node:timers/promises';
import {connect as connectTls} from 'node:tls';
import {WebSocket} from 'ws';
import type {Target} from './load.js';
import {address, messageOf} from './load-exchange.js';
import type {Tally} from './load-tally.js';

// Connections that stay open: how they end is told, and they are opened again.

/** Opens a WebSocket and has a message echoed again and again, until it ends or the signal says so. */
export async function holdWebSocket(target: Target, pauseMs: number, tally: Tally, stop: AbortSignal): Promise<void> {
  const socket = new WebSocket(`wss://${target.host}${target.paths.webSocket}`, {
    createConnection: () => connectTls({...address(target), ALPNProtocols: ['http/1.1']}),
    handshakeTimeout: target.timeoutMs,
    perMessageDeflate: false,
  });
  // Anything that goes wrong after the opening ends in a close.
  socket.on('error', () => {});
  await once(socket, 'open');
  const openedAt = performance.now();
  const closed = once(socket, 'close') as Promise<[number, Buffer]>;
  const hasUnanswered = await echoUntilClosed(socket, target, pauseMs, tally, stop);
  const isOurs = stop.aborted && socket.readyState === WebSocket.OPEN;
  if (isOurs) socket.close(1000);
  const [code, reason] = await closed;
  const ageMs = Math.round(performance.now() - openedAt);
  if (!isOurs) tally.streamEnded({kind: 'websocket', code, reason: String(reason), ageMs, hasUnanswered});
}

/** Resolves with whether the last message was not answered. Rejects when the echo is not what was sent. */
async function echoUntilClosed(
  socket: WebSocket,
  {timeoutMs}: Target,
  pauseMs: number,
  tally: Tally,
  stop: AbortSignal,
): Promise<boolean> {
  for (let number = 0; !stop.aborted && socket.readyState === WebSocket.OPEN; number++) {
    const sentAt = performance.now();
    const message = `message ${number} ${'x'.repeat(number % 2_000)}`;
    const echo = nextMessage(socket, timeoutMs);
    socket.send(message);
    const answer = await echo;
    if (answer === undefined) return true;
    if (answer !== message) {
      socket.terminate();
      throw new Error(answer === 'timed-out' ? 'no echo in time' : `wrong echo of ${message}: ${answer}`);
    }
    tally.right('websocket', performance.now() - sentAt);
    await pause(pauseMs, stop);
  }
  return false;
}

function nextMessage(socket: WebSocket, timeoutMs: number): Promise<string | undefined> {
  return new Promise(resolve => {
    const timer = setTimeout(() => settle('timed-out'), timeoutMs);
    const settle = (answer: string | undefined): void => {
      clearTimeout(timer);
      socket.off('message', hear).off('close', hearClose);
      resolve(answer);
    };
    const hear = (data: unknown): void => settle(String(data));
    const hearClose = (): void => settle(undefined);
    socket.on('message', hear).on('close', hearClose);
  });
}

/** Opens an event stream and counts its events, until it ends or the signal says so. */
export async function holdEventStream(target: Target, tally: Tally, stop: AbortSignal): Promise<void> {
  const headers = {host: target.host, accept: 'text/event-stream'};
  const sent = request({...address(target), agent: false, path: target.paths.events, headers});
  sent.setTimeout(target.timeoutMs, () => sent.destroy(new Error('no event in time')));
  sent.end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  if (answer.statusCode !== 200) {
    sent.destroy();
    throw new Error(`status ${answer.statusCode}`);
  }
  const openedAt = performance.now();
  const end = stopped(stop, () => sent.destroy());
  const reason = await countEvents(answer, tally).then(() => undefined, messageOf);
  end();
  if (stop.aborted) return;
  const ageMs = Math.round(performance.now() - openedAt);
  const code = reason === undefined ? 0 : 1006;
  tally.streamEnded({kind: 'events', code, reason: reason ?? 'complete', ageMs, hasUnanswered: false});
}

/** An event ends with an empty line (WHATWG HTML, section 9.2.5). */
async function countEvents(answer: IncomingMessage, tally: Tally): Promise<void> {
  let rest = '';
  let lastAt = performance.now();
  for await (const chunk of answer) {
    const events = (rest + String(chunk)).split('\n\n');
    rest = events.pop() ?? '';
    for (const _ of events) tally.right('events', performance.now() - lastAt);
    lastAt = performance.now();
  }
}

/** Calls when the signal says so; the result takes that back. */
function stopped(stop: AbortSignal, listener: () => void): () => void {
  if (stop.aborted) listener();
  stop.addEventListener('abort', listener, {once: true});
  return () => stop.removeEventListener('abort', listener);
}

/** Waits so long, or until the signal says to stop. */
export const pause = (ms: number, stop: AbortSignal): Promise<void> =>
  delay(ms, undefined, {signal: stop}).catch(() => {});
