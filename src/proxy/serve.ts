import {type Listener, openListener} from './listener.js';
import type {ReverseProxy} from './proxy.js';
import {createTlsServer, type TlsOptions} from './tls/tls-server.js';

export type ServeOptions = {
  /** 0 takes any free port. */
  readonly port: number;
  /** The address to listen on; both loopback addresses if not given. */
  readonly host?: string | undefined;
  /** Serve HTTPS, HTTP/2 included; plain HTTP/1.1 without it. */
  readonly tls?: Omit<TlsOptions, 'onConnection'> | undefined;
};

export type Served = {
  readonly port: number;
  /** Stops accepting, lets requests and tunnels end for up to `graceMs`, then cuts what is left. */
  drain(graceMs: number): Promise<void>;
  /** Stops accepting and cuts everything off. */
  close(): Promise<void>;
};

/** Opens a port for a proxy. Throws PORT_IN_USE or PORT_DENIED. */
export async function serve(proxy: ReverseProxy, {port, host, tls}: ServeOptions): Promise<Served> {
  const server = tls === undefined ? undefined : await createTlsServer({...tls, onConnection: proxy.acceptSecure});
  const listener: Listener = await openListener({
    port,
    host,
    onConnection: server === undefined ? proxy.acceptPlain : server.accept,
  });
  return {
    port: listener.port,
    async drain(graceMs) {
      listener.stop();
      await proxy.drain(graceMs);
      await listener.close();
    },
    async close() {
      proxy.close();
      await listener.close();
    },
  };
}
