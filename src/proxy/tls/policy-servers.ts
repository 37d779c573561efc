import type {Certificate} from '../certificate-source.js';
import {type ClientCertificatePolicy, isSamePolicy} from './client-certificates.js';
import type {HandshakeServer} from './handshake-server.js';

/** What every handshake server needs to know, and what may change while they run. */
export type ServerState = {readonly ticketKeys: Buffer; readonly defaultCertificate: Certificate | undefined};

export type PolicyServers = {
  /** The server of a policy, made when it is first needed. Throws when the policy's CA is none. */
  serverFor(policy: ClientCertificatePolicy | undefined): HandshakeServer;
  setTicketKeys(keys: Buffer): void;
  /** Throws, and changes nothing, when it is no certificate. */
  setDefaultCertificate(certificate: Certificate): void;
};

type Create = (policy: ClientCertificatePolicy | undefined, state: ServerState) => HandshakeServer;

/** One server per policy, one without. A policy that says something else under the same id replaces the one before. */
export function createPolicyServers(create: Create, initial: ServerState): PolicyServers {
  let state = initial;
  const withoutPolicy = create(undefined, state);
  const byId = new Map<string, HandshakeServer>();

  function createFor(policy: ClientCertificatePolicy): HandshakeServer {
    const server = create(policy, state);
    byId.set(policy.id, server);
    return server;
  }

  return {
    serverFor(policy) {
      if (!policy) return withoutPolicy;
      const known = byId.get(policy.id);
      return known && isSamePolicy(known.policy, policy) ? known : createFor(policy);
    },
    setTicketKeys(ticketKeys) {
      for (const server of [withoutPolicy, ...byId.values()]) server.setTicketKeys(ticketKeys);
      state = {...state, ticketKeys};
    },
    setDefaultCertificate(defaultCertificate) {
      for (const server of [withoutPolicy, ...byId.values()]) server.setDefaultCertificate(defaultCertificate);
      state = {...state, defaultCertificate};
    },
  };
}
