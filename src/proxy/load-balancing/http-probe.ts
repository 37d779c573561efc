import {isIP} from 'node:net';
import type {buildConnector, Dispatcher} from 'undici';
import type {Upstream, UpstreamTls} from '../upstream.js';
import {backendAddress} from './backend.js';
import {describeFailure, type Probe} from './probe.js';

export type HttpProbeOptions = {
  /** What to ask for, with its query; `/` when left out. */
  readonly path?: string;
  /** The Host to send; the backend's address when left out. */
  readonly host?: string;
  /** Statuses that pass: single ones and ranges, both ends included. */
  readonly expectedStatuses?: readonly (number | readonly [first: number, last: number])[];
};

export const DEFAULT_HTTP_PROBE = {
  path: '/',
  /** A redirect to a login page is an answer too; so says Kubernetes of its httpGet probe, and Traefik. */
  expectedStatuses: [[200, 399]],
} as const satisfies HttpProbeOptions;

/** Read of the answer's body before its connection is cut. Apps log a cut as an error, so most should be read to the end. */
const MAX_BODY_BYTES = 64 * 1024;

/**
 * Passes when GET is answered with an expected status, in the upstream's protocol (HTTP/1.1, h2c, TLS). Each time on a
 * connection of its own: one from before proves little.
 */
export function createHttpProbe(options: HttpProbeOptions = {}): Probe {
  const {path, host, expectedStatuses} = {...DEFAULT_HTTP_PROBE, ...options};
  return async (upstream, signal) => {
    const client = await createClient(upstream);
    try {
      const status = await getStatus(client, {path, host: host ?? backendAddress(upstream), signal});
      return isExpected(status, expectedStatuses) ? {ok: true} : {ok: false, problem: `answered ${status}`};
    } catch (error) {
      return {ok: false, problem: describeFailure(error)};
    } finally {
      await client.destroy();
    }
  };
}

async function createClient(upstream: Upstream): Promise<Dispatcher> {
  // Loaded by the first probe, as that takes about 0.2 s and most programs never probe.
  const {buildConnector, Client, H2CClient} = await import('undici');
  const address = backendAddress(upstream);
  if (upstream.tls === undefined) {
    return upstream.protocol === 'h2c' ? new H2CClient(`http://${address}`) : new Client(`http://${address}`);
  }
  const connect = buildConnector(tlsOptions(upstream.tls));
  const servername = upstream.tls.serverName ?? (isIP(upstream.host) ? '' : upstream.host);
  // By default undici would take the name from the Host, and check the certificate against that.
  const connectByName: buildConnector.connector = (to, done) => connect({...to, servername}, done);
  return new Client(`https://${address}`, {connect: connectByName});
}

const tlsOptions = ({ca, isVerified}: UpstreamTls): buildConnector.BuildOptions => ({
  allowH2: false,
  rejectUnauthorized: isVerified,
  ...(ca === undefined ? {} : {ca}),
});

type Get = {readonly path: string; readonly host: string; readonly signal: AbortSignal};

async function getStatus(client: Dispatcher, {path, host, signal}: Get): Promise<number> {
  const headers = {host, 'user-agent': 'tako-health-check'};
  const {statusCode, body}: Dispatcher.ResponseData = await client.request({
    method: 'GET',
    path,
    headers,
    signal,
    reset: true,
  });
  await body.dump({limit: MAX_BODY_BYTES, signal});
  return statusCode;
}

const isExpected = (status: number, expected: NonNullable<HttpProbeOptions['expectedStatuses']>): boolean =>
  expected.some(one => (typeof one === 'number' ? status === one : one[0] <= status && status <= one[1]));
