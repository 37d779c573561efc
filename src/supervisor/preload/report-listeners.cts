// Runs inside the processes of the user's app, before their own code: through NODE_OPTIONS
// in Node and Deno, through BUN_OPTIONS in Bun. It tells tako where HTTP servers listen, and
// nothing else: it changes no address, prints nothing, throws nothing and keeps no process
// alive. It is loaded by every npm and tsc of the tree as well, so it does next to nothing
// until a server listens. It must run under Node 18 and never calls fstat, which on some
// versions spoils the links that the module loader resolves next.

import fs = require('node:fs');
import net = require('node:net');

type Address = {readonly isTls: boolean; readonly host: string; readonly port: number};
type BunServer = {readonly hostname?: string; readonly port?: number; readonly url?: URL; stop: Callable};
type DenoServer = {readonly addr?: {readonly transport?: string; readonly hostname: string; readonly port: number}};
type Callable = (this: unknown, ...args: unknown[]) => unknown;
type Runtimes = {
  Bun?: {serve: Callable};
  Deno?: {serve: Callable; env: {get(name: string): string | undefined; delete(name: string): void}};
};

// Kept from before anything could replace them, as tests with a simulated clock or file system do.
const {openSync, writeSync, closeSync} = fs;
const later = setImmediate;

const WRITE = fs.constants.O_WRONLY | fs.constants.O_NONBLOCK;

const start = Math.random().toString(36).slice(2, 10);
let count = 0;

/** An app works on whatever happens to our report. */
function quietly(work: () => void): void {
  try {
    work();
  } catch {}
}

/** One write of less than a FIFO takes at once, so lines of several processes do not mix. Nobody reads: ENXIO. */
function tell(file: string, line: string): void {
  quietly(() => {
    const fd = openSync(file, WRITE);
    try {
      writeSync(fd, `${line}\n`);
    } finally {
      closeSync(fd);
    }
  });
}

/** Returns how to tell of the end. */
function tellOpen(file: string, {isTls, host, port}: Address): () => void {
  const id = `${process.pid}.${start}.${++count}`;
  tell(file, `open ${id} ${isTls ? 'https' : 'http'} ${host} ${port}`);
  return () => tell(file, `close ${id}`);
}

/** All servers of Node's own listen through this one method; Deno's node:http does so too. */
function observeNode(file: string): void {
  const open = new WeakSet<net.Server>();
  const listen = net.Server.prototype.listen as Callable;

  function settle(server: net.Server): void {
    quietly(() => {
      const address = server.address();
      // A tick after it began to listen, a probe for a free port has closed again.
      if (!server.listening || open.has(server) || address === null || typeof address === 'string') return;
      const tellClosed = tellOpen(file, {isTls: isTls(server), host: address.address, port: address.port});
      open.add(server);
      server.once('close', () => {
        open.delete(server);
        tellClosed();
      });
    });
  }
  function onListening(this: net.Server): void {
    // It runs in this turn, so it need not be let go of; if it were, the event loop might fall asleep before it.
    quietly(() => later(settle, this));
  }
  function listenAndTell(this: net.Server, ...args: unknown[]): unknown {
    quietly(() => {
      // Taken off first, as a server that tries port after port calls this each time.
      if (isHttp(this) && !isInherited(args[0])) this.off('listening', onListening).once('listening', onListening);
    });
    return listen.apply(this, args);
  }
  net.Server.prototype.listen = listenAndTell as typeof net.Server.prototype.listen;
}

// By what they have, so that no module is loaded for it: http and https servers have the one, http2 servers the other.
const isHttp = (server: net.Server): boolean => 'keepAliveTimeout' in server || 'updateSettings' in server;
const isTls = (server: net.Server): boolean => 'setSecureContext' in server;

/** A descriptor or handle that was opened elsewhere, and belongs to whoever opened it. */
const isInherited = (target: unknown): boolean =>
  typeof target === 'object' && target !== null && ('fd' in target || '_handle' in target);

/** Bun's node:http, and a default export with `fetch`, are served by Bun.serve as well. */
function observeBun(file: string, bun: NonNullable<Runtimes['Bun']>): void {
  const {serve} = bun;
  bun.serve = function (this: unknown, ...args) {
    const server = serve.apply(this, args) as BunServer;
    quietly(() => {
      const {hostname: host, port, url} = server;
      // A Unix socket has no port.
      if (host === undefined || port === undefined) return;
      const tellClosed = tellOpen(file, {isTls: url?.protocol === 'https:', host, port});
      const {stop} = server;
      server.stop = function (this: unknown, ...stopArgs) {
        tellClosed();
        return stop.apply(this, stopArgs);
      };
    });
    return server;
  };
}

function observeDeno(file: string, deno: NonNullable<Runtimes['Deno']>): void {
  const {serve} = deno;
  deno.serve = function (this: unknown, ...args) {
    const server = serve.apply(this, args) as DenoServer;
    quietly(() => {
      const {addr} = server;
      if (addr?.transport !== 'tcp') return;
      const isTls = args.some(arg => typeof arg === 'object' && arg !== null && 'cert' in arg);
      tellOpen(file, {isTls, host: addr.hostname, port: addr.port});
    });
    return server;
  };
  // It is there for `deno serve`, which runs no preload; here it would move the first server to another port. That is the
  // better way, though, for a program that may not write: this throws then.
  closeSync(openSync(file, WRITE));
  const given = `tcp:127.0.0.1:${process.env.PORT}`;
  if (deno.env.get('DENO_SERVE_ADDRESS') === given) deno.env.delete('DENO_SERVE_ADDRESS');
}

quietly(() => {
  const file = process.env.TAKO_REPORT;
  if (file === undefined || file === '') return;
  const {Bun: bun, Deno: deno} = globalThis as Runtimes;
  if (!bun) quietly(() => observeNode(file));
  if (bun) quietly(() => observeBun(file, bun));
  if (deno) quietly(() => observeDeno(file, deno));
});
