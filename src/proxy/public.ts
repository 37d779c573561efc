// What `tako.sh/proxy` exports: everything needed to build a proxy of one's own on the engine that tako runs on.

export {TakoError} from '../system/error.js';
export type {AnswerWriter} from './answer-writer.js';
export {findAuthority} from './authority.js';
export type {Certificate, CertificateSource} from './certificate-source.js';
export type {ClientConnection, HttpVersion, RequestHead, ResponseHead} from './client-side.js';
export {HeaderFields} from './header-fields.js';
export type {Refusal} from './http1/refusal.js';
export {DEFAULT_LIMITS, DEFAULT_TIMEOUTS, type Limits, type Timeouts} from './limits.js';
export {
  ALGORITHMS,
  type AlgorithmName,
  isAlgorithmName,
} from './load-balancing/algorithms/algorithms.js';
export type {Backend, BackendChange, BackendSpec, BackendState, BackendStatus} from './load-balancing/backend.js';
export {
  type BackendSource,
  createSnapshotBackends,
  createStaticBackends,
  type RunningBackendSource,
  type SnapshotBackends,
} from './load-balancing/backend-source.js';
export {createDnsBackends, type DnsBackendsOptions} from './load-balancing/dns-backends.js';
export {DEFAULT_EJECTION, type EjectionSettings, type Outcome as TryOutcome} from './load-balancing/ejection.js';
export {DEFAULT_HEALTH_THRESHOLDS, type HealthThresholds} from './load-balancing/health.js';
export {DEFAULT_HEALTH_CHECK, type HealthCheckOptions, type HealthCheckTimes} from './load-balancing/health-checks.js';
export {createHttpProbe, type HttpProbeOptions} from './load-balancing/http-probe.js';
export type {Lease} from './load-balancing/live-backend.js';
export {createLoadBalancer, type LoadBalancer, type LoadBalancerOptions} from './load-balancing/load-balancer.js';
export type {Probe, ProbeResult} from './load-balancing/probe.js';
export {tcpProbe} from './load-balancing/tcp-probe.js';
export {type BodyFilter, decideRetry, type Phases, type Retry} from './phases.js';
export {createProxy, type ProxyOptions, type ReverseProxy} from './proxy.js';
export {type Served, type ServeOptions, serve} from './serve.js';
export {CLIENT_CLOSED_REQUEST, type Outcome, type Session} from './session.js';
export {
  type ClientCertificatePolicy,
  type ClientCertificates,
  clientCertificatePolicyOf,
  isSamePolicy,
} from './tls/client-certificates.js';
export {
  createStaticCertificateSource,
  type StaticCertificate,
  type StaticSourceOptions,
} from './tls/static-certificate-source.js';
export {createTicketKeys, type TicketKeys} from './tls/ticket-keys.js';
export type {TlsOptions} from './tls/tls-server.js';
export {createTrustedProxies, type TrustedProxies, type TrustedProxiesOptions} from './trusted-proxies.js';
export {type Progress, type Upstream, UpstreamError, type UpstreamFailure, type UpstreamTls} from './upstream.js';
export type {UpstreamRequest} from './upstream-request.js';
