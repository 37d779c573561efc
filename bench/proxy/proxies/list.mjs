import {bareTls} from './bare-tls.mjs';
import {caddy} from './caddy.mjs';
import {haproxy} from './haproxy.mjs';
import {nginx} from './nginx.mjs';
import {createNodeLibrary} from './node-library.mjs';
import {portless} from './portless.mjs';
import {createTako} from './tako.mjs';

/**
 * Every proxy the bench knows, in the order they are measured and printed.
 *
 * A proxy is a small adapter: `version()` answers nothing when it is not installed; `start({listen, upstream, certificate,
 * cpu, workers, folder})` resolves to `{pid, close()}` once it listens on that port of 127.0.0.1 with TLS, pinned to `cpu`
 * if there is one; `host` is the name it has to be asked for when that is not `localhost`.
 */
export const createProxies = cli => [
  createTako(cli),
  nginx,
  haproxy,
  caddy,
  createNodeLibrary({name: 'http-proxy', http2: false, websockets: true}),
  createNodeLibrary({name: 'http-proxy-3', http2: true, websockets: true}),
  createNodeLibrary({name: 'fast-proxy', http2: true, websockets: false}),
  portless,
  bareTls,
];

/** The proxies that run on Node, of which a target may mean the best. */
export const NODE_PROXIES = ['http-proxy', 'http-proxy-3', 'fast-proxy', 'portless'];
