import {normalizeHost} from '../route-syntax.js';

/** What a host asks of its clients' certificates (mutual TLS). */
export type ClientCertificatePolicy = {
  /** Names the policy. Hosts with the same one share connections and sessions. */
  readonly id: string;
  /** The certificates, PEM, one of which a client's must chain to. */
  readonly ca: string;
  /** `optional`: whoever has none, or a wrong one, is served too; `authorized` of the socket tells them apart. */
  readonly mode: 'required' | 'optional';
};

/**
 * The policy of a host: lower case, no trailing dot; undefined stands for clients that name none. A host without a policy
 * never asks for a certificate. Asked on each connection, and may throw: that connection is closed then.
 */
export type ClientCertificates = (serverName: string | undefined) => ClientCertificatePolicy | undefined;

/** Everything a policy says, as one text: policies are the same when their texts are. */
export const policyText = ({id, mode, ca}: ClientCertificatePolicy): string => JSON.stringify([id, mode, ca]);

/** Whether both ask the same of a client. */
export function isSamePolicy(
  one: ClientCertificatePolicy | undefined,
  other: ClientCertificatePolicy | undefined,
): boolean {
  if (one === other) return true;
  return (
    one !== undefined && other !== undefined && one.id === other.id && one.mode === other.mode && one.ca === other.ca
  );
}

// A property rather than a WeakMap: node:http2 shows its socket through a proxy, which passes properties on.
const POLICY = Symbol('client certificate policy');

/**
 * The policy under which the handshake of a connection was made; undefined where none applied. Takes a TLSSocket or what
 * node:http2 shows of one. The engine refuses a request for a host whose policy is not this one with 421 (RFC 9110,
 * section 15.5.20): the certificate it would need was never asked for.
 */
export const clientCertificatePolicyOf = (socket: object): ClientCertificatePolicy | undefined =>
  (socket as {[POLICY]?: ClientCertificatePolicy})[POLICY];

/** Notes the policy for `clientCertificatePolicyOf`. */
export function rememberPolicy(socket: object, policy: ClientCertificatePolicy): void {
  (socket as {[POLICY]?: ClientCertificatePolicy})[POLICY] = policy;
}

const POLICIES = Symbol('client certificate policies');

/** Notes by which policies the server of a connection goes, for `isServedOn`. */
export function rememberPolicies(socket: object, policyFor: ClientCertificates): void {
  (socket as {[POLICIES]?: ClientCertificates})[POLICIES] = policyFor;
}

/**
 * Whether a request for a host (lower case, no trailing dot) may be served on a connection: a host that asks for client
 * certificates only on one that was made under its own policy.
 */
export function isServedOn(socket: object, host: string): boolean {
  const policyFor = (socket as {[POLICIES]?: ClientCertificates})[POLICIES];
  return policyFor === undefined || isSamePolicy(clientCertificatePolicyOf(socket), policyFor(host));
}

/** The policy for a name as a client wrote it; 'no-host' where that cannot be a host. */
export function findPolicy(
  policyFor: ClientCertificates,
  serverName: string | undefined,
): ClientCertificatePolicy | undefined | 'no-host' {
  if (serverName === undefined) return policyFor(undefined);
  const host = normalizeHost(serverName);
  return host === undefined ? 'no-host' : policyFor(host);
}
