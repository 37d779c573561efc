// A worker of `tako proxy`: the program that its owner starts.

import type {Certificate} from '../../proxy/certificate-source.js';
import {createLoadBalancer, type LoadBalancer} from '../../proxy/load-balancing/load-balancer.js';
import {createAskedCertificates} from '../../proxy/workers/asked-certificates.js';
import {type BackendReport, createBackendReports} from '../../proxy/workers/backend-reports.js';
import type {Owner} from '../../proxy/workers/channel.js';
import {runWorker, type Serving} from '../../proxy/workers/worker.js';
import {useCompileCache as keepCompiledCode} from '../compile-cache.js';
import {startProxyServer} from './server.js';
import type {ProxySnapshot} from './snapshot.js';

keepCompiledCode();
runWorker(serveAsWorker);

async function serveAsWorker(first: ProxySnapshot, owner: Owner<BackendReport>): Promise<Serving<ProxySnapshot>> {
  let snapshot = first;
  let ticketKeys = Buffer.from(first.ticketKeys);
  const {backends, algorithm} = first.settings;
  // The owner judges the backends, by what all workers report.
  const balancer = createLoadBalancer({backends, algorithm, passive: 'off'});
  const report = createBackendReports(owner.note);
  const asked = createAskedCertificates(serverName => askForCertificate(owner, serverName));

  function use(next: ProxySnapshot): void {
    snapshot = next;
    ticketKeys = Buffer.from(next.ticketKeys);
    applyHealth(balancer, next.usable);
  }

  use(first);
  const server = await startProxyServer(first.settings, {
    balancer,
    report: ({address}, outcome) => report(address, outcome),
    certificates: {certificateFor: async name => snapshot.certificate ?? asked.certificateFor(name)},
    ticketKeys: {current: () => ticketKeys},
  });
  return {use, drain: server.drain};
}

function applyHealth(balancer: LoadBalancer, usable: readonly string[]): void {
  for (const {address} of balancer.backends) balancer.setHealth(address, usable.includes(address));
}

const askForCertificate = (owner: Owner<BackendReport>, serverName: string): Promise<Certificate | undefined> =>
  owner.ask({ask: 'certificateFor', serverName}) as Promise<Certificate | undefined>;
