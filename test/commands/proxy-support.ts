// `tako proxy` as a process of its own, and what stands on both sides of it.

import {once} from 'node:events';
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {createServer, type RequestListener, request as requestHttp} from 'node:http';
import {type RequestOptions, request as requestHttps} from 'node:https';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {onTestFinished} from 'vitest';
import {shareCompiledCode} from '../helpers/compiled-code.js';
import {checkJsonOutput} from '../helpers/json-output.js';
import {cli, type Running, start} from './support.js';

/** A home whose local authority is made once for all tests of a file. The caller removes it. */
export function createHome(): {readonly folder: string; ca(): string; remove(): void} {
  const folder = mkdtempSync(path.join(tmpdir(), 'tako-proxy-'));
  shareCompiledCode(folder);
  const file = path.join(folder, 'ca', 'ca.crt');
  return {
    folder,
    ca: () => (existsSync(file) ? readFileSync(file, 'utf8') : ''),
    remove: () => rmSync(folder, {recursive: true, force: true}),
  };
}

export type AccessLine = {
  readonly type: 'request';
  readonly pid: number;
  readonly target: string;
  readonly status: number;
  readonly outcome: string;
  readonly attempts: number;
  readonly upstream: string | null;
  readonly [name: string]: unknown;
};

export type ReadyLine = {
  readonly type: 'ready';
  readonly url: string;
  readonly pid: number;
  readonly to: readonly string[];
  readonly workers: number;
};

export type RunningProxy = Running & {
  readonly ready: ReadyLine;
  readonly port: number;
  /** The access log so far. */
  requests(): AccessLine[];
  /** Resolves once the access log has so many lines that fit. */
  untilRequests(count: number, fits?: (line: AccessLine) => boolean): Promise<AccessLine[]>;
};

/** Starts it on a free port with `--json` and waits for its ready line. */
export async function startProxy(home: string, ...args: string[]): Promise<RunningProxy> {
  const command = cli('proxy', '--json', '--listen', '127.0.0.1:0', ...args);
  const running = start(command, {env: {...process.env, TAKO_HOME: home, NO_COLOR: '1'}});
  await running.until('"type":"ready"');
  const documents = (): {type: string}[] =>
    running
      .output()
      .split('\n')
      .filter(line => /^\{.*\}$/.test(line))
      .map(line => {
        checkJsonOutput(['proxy'], line);
        return JSON.parse(line);
      });
  const ready = documents().find(({type}) => type === 'ready') as ReadyLine;
  const requests = (): AccessLine[] => documents().filter(({type}) => type === 'request') as AccessLine[];
  return {
    ...running,
    ready,
    port: Number(new URL(ready.url).port),
    requests,
    async untilRequests(count, fits = () => true) {
      for (;;) {
        const fitting = requests().filter(fits);
        if (fitting.length >= count) return fitting;
        await new Promise(resolve => setTimeout(resolve, 20));
      }
    },
  };
}

export type Upstream = {readonly port: number; readonly address: string; close(): void};

/** An app that answers with the given listener, on a free port until the test is over. */
export async function startUpstream(listener: RequestListener): Promise<Upstream> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  onTestFinished(close);
  const {port} = server.address() as AddressInfo;
  return {port, address: `127.0.0.1:${port}`, close};
}

/** An app that says its name. */
export const startNamed = (name: string): Promise<Upstream> => startUpstream((_, answer) => answer.end(name));

export type Answer = {
  readonly status: number;
  readonly body: string;
  readonly headers: NodeJS.Dict<string | string[]>;
};

/** One request; on a connection of its own unless an agent is given. */
export function get(url: string, options: RequestOptions = {}): Promise<Answer> {
  const request = url.startsWith('https:') ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const sent = request(url, {agent: false, ...options}, response => {
      const chunks: Buffer[] = [];
      response.on('data', chunk => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString(),
          headers: response.headers,
        }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}
