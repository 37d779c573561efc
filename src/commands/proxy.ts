import {renderHost} from '../proxy/route-syntax.js';
import {printJson, printNote, printResult} from './output.js';
import {renderTo} from './proxy/addresses.js';
import {startBalancer} from './proxy/backends.js';
import {type Certificates, noteUntrusted, openCertificates} from './proxy/certificates.js';
import {startProxyServer} from './proxy/server.js';
import {type ProxyFlags, type ProxySettings, readSettings} from './proxy/settings.js';

/** What runs until a signal ends it: this process alone, or with workers. */
type Running = {
  readonly port: number;
  /** Resolves when it cannot go on. */
  readonly failed?: Promise<Error>;
  /** Reads the certificate's files anew. */
  reload(): Promise<void>;
  drain(graceMs: number): Promise<void>;
  close(): Promise<void>;
};

/** Forwards requests until SIGINT or SIGTERM: the first lets requests under way end, the second does not. */
export async function proxy(flags: ProxyFlags): Promise<void> {
  const settings = await readSettings(flags);
  const running = await start(settings);
  // Signals are heard before anybody is told that it runs.
  process.on('SIGHUP', () => void reload(running));
  const stopped = untilStopped(running, settings.graceMs);
  announce(settings, running.port);
  const isLocal = settings.server.isSecure && settings.certificateFiles === undefined;
  if (isLocal) void noteUntrusted(printNote);
  await stopped;
  // Nothing is left to do, but what nobody reads of the log would keep the process for ever.
  process.exit();
}

async function start(settings: ProxySettings): Promise<Running> {
  const certificates = await openCertificates(settings);
  if (settings.workers === 1) return startAlone(settings, certificates);
  const {startProxyWorkers} = await import('./proxy/workers.js');
  return startProxyWorkers(settings, certificates);
}

async function startAlone(settings: ProxySettings, {source, reload}: Certificates): Promise<Running> {
  const balancer = startBalancer(settings);
  try {
    const server = await startProxyServer(settings.server, {balancer, certificates: source, report: balancer.report});
    return {
      port: server.port,
      reload,
      drain: graceMs => server.drain(graceMs).finally(balancer.close),
      close: () => server.close().finally(balancer.close),
    };
  } catch (error) {
    balancer.close();
    throw error;
  }
}

/** The one result: where it listens and where it forwards to. */
function announce({server, workers, isJson}: ProxySettings, port: number): void {
  const url = `${server.isSecure ? 'https' : 'http'}://${renderHost(server.listen.host ?? 'localhost')}:${port}`;
  const to = server.backends.map(renderTo);
  if (isJson) printJson({type: 'ready', url, pid: process.pid, to, workers});
  else printResult(`${url} -> ${to.join(', ')}`);
}

async function reload(running: Running): Promise<void> {
  try {
    await running.reload();
    printNote('the certificate was read anew');
  } catch (error) {
    printNote(`the certificate stays as it was: ${error instanceof Error ? error.message : error}`);
  }
}

/** A drain that takes longer than this says that it is under way. */
const SLOW_DRAIN_MS = 500;

function untilStopped(running: Running, graceMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let signals = 0;
    const stop = (): void => {
      signals += 1;
      if (signals === 1) drainAloud(running, graceMs).then(resolve, reject);
      if (signals === 2) running.close().then(resolve, reject);
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
    void running.failed?.then(reject);
  });
}

async function drainAloud(running: Running, graceMs: number): Promise<void> {
  const note = `requests under way get up to ${graceMs / 1_000} s to end; Ctrl-C ends them at once`;
  const slow = setTimeout(() => printNote(note), SLOW_DRAIN_MS);
  await running.drain(graceMs).finally(() => clearTimeout(slow));
}
