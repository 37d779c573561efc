import {readFileSync} from 'node:fs';
import {Agent, request} from 'undici';
import type {DaemonInfo} from '../../src/control/protocol.js';

export type Answer = {readonly status: number; readonly body: string};

export type Client = {
  get(host: string, path?: string): Promise<Answer>;
  close(): Promise<void>;
};

/** A client that trusts the daemon's root and nothing else, and finds every name at 127.0.0.1. */
export function createClient({https, rootCertificate}: DaemonInfo, connections = 64): Client {
  const dispatcher = new Agent({
    connections,
    connect: {
      ca: readFileSync(rootCertificate, 'utf8'),
      lookup: (_host, _options, done) => done(null, [{address: '127.0.0.1', family: 4}]),
    },
  });
  return {
    async get(host, path = '/') {
      const {statusCode, body} = await request(`https://${host}:${https.port}${path}`, {dispatcher});
      return {status: statusCode, body: await body.text()};
    },
    close: () => dispatcher.close(),
  };
}
