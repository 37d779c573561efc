// `tako proxy` as a process of its own for all tests of a file: to start one for each would take longer than they do.

import assert from 'node:assert/strict';
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {createServer, type RequestListener, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import path from 'node:path';
import {createInterface} from 'node:readline';
import {afterAll, beforeAll} from 'vitest';
import {createHome} from '../../commands/proxy-support.js';
import {CLI} from '../../commands/support.js';

/** The name that its certificate is for. */
export const SHOP = 'shop.test';

export type SharedProxy = {
  /** HTTPS, with a certificate of the local authority for `SHOP`. */
  readonly securePort: number;
  readonly plainPort: number;
  /** The file with the authority's root. */
  readonly ca: string;
};

/** Starts one for HTTPS and one for plain HTTP in front of this app before the first test of a file; both end behind the last. */
export function shareProxy(listener: RequestListener): SharedProxy {
  const home = createHome();
  const app: Server = createServer(listener);
  const processes: ChildProcess[] = [];
  const ports = {secure: 0, plain: 0};

  async function start(...args: string[]): Promise<number> {
    const {port} = app.address() as AddressInfo;
    const command = [CLI, 'proxy', '--json', '--listen', '127.0.0.1:0', '--to', `127.0.0.1:${port}`, ...args];
    const child = spawn(process.execPath, command, {
      env: {...process.env, TAKO_HOME: home.folder, NO_COLOR: '1'},
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    processes.push(child);
    const [line] = await once(createInterface({input: child.stdout}), 'line');
    const {type, url} = JSON.parse(line);
    assert.equal(type, 'ready');
    return Number(new URL(url).port);
  }

  beforeAll(async () => {
    app.listen(0, '127.0.0.1');
    await once(app, 'listening');
    [ports.secure, ports.plain] = await Promise.all([start('--host', SHOP), start('--http')]);
  });

  afterAll(async () => {
    for (const child of processes) {
      if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit');
    }
    app.close();
    app.closeAllConnections();
    home.remove();
  });

  return {
    get securePort() {
      return ports.secure;
    },
    get plainPort() {
      return ports.plain;
    },
    ca: path.join(home.folder, 'ca', 'ca.crt'),
  };
}
