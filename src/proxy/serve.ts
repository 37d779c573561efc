import {acceptProxied} from './accept-proxied.js';
import {type Listener, openListener} from './listener.js';
import type {ReverseProxy} from './proxy.js';
import {createTlsServer, type TlsOptions} from './tls/tls-server.js';
import type {TrustedProxies} from './trusted-proxies.js';

export type ServeOptions = {
  /** 0 takes any free port. */
  readonly port: number;
  /** The address to listen on; both loopback addresses if not given. */
  readonly host?: string | undefined;
  /** Serve HTTPS, HTTP/2 included; plain HTTP/1.1 without it. */
  readonly tls?: Omit<TlsOptions, 'onConnection'> | undefined;
  /** Load balancers whose connections begin with the PROXY protocol, version 1 or 2. */
  readonly proxyProtocol?: Pick<TrustedProxies, 'has'> | undefined;
};

export type Served = {
  readonly port: number;
  /** Stops accepting, lets requests and tunnels end for up to `graceMs`, then cuts what is left. */
  drain(graceMs: number): Promise<void>;
  /** Stops accepting and cuts everything off. */
  close(): Promise<void>;
};

/** Opens a port for a proxy. Throws PORT_IN_USE or PORT_DENIED. */
export async function serve(proxy: ReverseProxy, {port, host, tls, proxyProtocol}: ServeOptions): Promise<Served> {
  const server = tls === undefined ? undefined : await createTlsServer({...tls, onConnection: proxy.acceptSecure});
  const accept = server === undefined ? proxy.acceptPlain : server.accept;
  const listener: Listener = await openListener({
    port,
    host,
    onConnection: proxyProtocol === undefined ? accept : acceptProxied(proxyProtocol, accept),
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
