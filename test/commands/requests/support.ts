import type {ExchangeDetail} from '../../../src/control/exchanges.js';

/** A request that was answered, with what a test is about. */
export const exchangeOf = (more: Partial<ExchangeDetail> = {}): ExchangeDetail => ({
  id: 12,
  app: 'web',
  time: Date.UTC(2026, 0, 15, 9, 5, 7),
  method: 'GET',
  url: 'https://web.test/',
  status: 200,
  outcome: 'answered',
  httpVersion: '1.1',
  contentType: null,
  bytesReceived: 0,
  bytesSent: 0,
  timing: {queueMs: 1, coldStartMs: null, firstByteMs: 8, totalMs: 10},
  upgrade: null,
  replayOf: null,
  clientAddress: '127.0.0.1',
  request: {fields: [], body: null},
  response: {reason: 'OK', fields: [], body: null},
  frames: null,
  error: null,
  ...more,
});
