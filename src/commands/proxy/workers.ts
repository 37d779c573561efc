// `tako proxy --workers N`: this process owns N that serve.

import {fileURLToPath} from 'node:url';
import {openListener} from '../../proxy/listener.js';
import type {Backend} from '../../proxy/load-balancing/backend.js';
import type {LoadBalancer} from '../../proxy/load-balancing/load-balancer.js';
import {createTicketKeys, type TicketKeys} from '../../proxy/tls/ticket-keys.js';
import type {BackendReport} from '../../proxy/workers/backend-reports.js';
import type {Question} from '../../proxy/workers/messages.js';
import {startWorkers, type WorkerDeath, type Workers} from '../../proxy/workers/owner.js';
import type {TakoError} from '../../system/error.js';
import {printNote} from '../output.js';
import {startBalancer} from './backends.js';
import type {Certificates} from './certificates.js';
import {listenProblem} from './listen-problem.js';
import type {ProxySettings, ServerSettings} from './settings.js';
import {type ProxySnapshot, usableOf} from './snapshot.js';

export type RunningWorkers = {
  readonly port: number;
  /** Resolves when they cannot be kept alive. */
  readonly failed: Promise<TakoError>;
  /** Reads the certificate's files anew, and gives it to all workers. */
  reload(): Promise<void>;
  drain(graceMs: number): Promise<void>;
  close(): Promise<void>;
};

const WORKER_FILE = fileURLToPath(new URL('./worker.js', import.meta.url));

/** Serves in as many workers as the settings say. Throws what `startProxyServer` and `startWorkers` throw. */
export async function startProxyWorkers(settings: ProxySettings, certificates: Certificates): Promise<RunningWorkers> {
  const server = await settleListen(settings.server);
  const ticketKeys = createTicketKeys();
  let workers: Workers<ProxySnapshot> | undefined;
  const balancer = startBalancer(settings, publish);
  const snapshot = (): ProxySnapshot => ({
    settings: server,
    certificate: certificates.fixed(),
    ticketKeys: ticketKeys.current(),
    usable: usableOf(balancer.backends),
  });

  function publish(): void {
    workers?.publish(snapshot());
  }

  const watch = watchTime(balancer, ticketKeys, publish);
  const stop = (): void => {
    clearInterval(watch);
    balancer.close();
  };
  try {
    workers = await startWorkers<ProxySnapshot, BackendReport>({
      file: WORKER_FILE,
      count: settings.workers,
      snapshot: snapshot(),
      answer: question => answer(question, certificates),
      onNote: createReportReader(balancer),
      onDeath: death => printNote(describeDeath(death)),
    });
  } catch (error) {
    stop();
    throw error;
  }
  // What changed while they started.
  publish();
  const running = workers;
  return {
    port: server.listen.port,
    failed: running.failed,
    reload: () => certificates.reload().then(publish),
    drain: graceMs => running.drain(graceMs).finally(stop),
    close: () => running.close().finally(stop),
  };
}

/** Finds out here whether the port can be had, and which it is: workers that each take any free port would not share it. */
async function settleListen(settings: ServerSettings): Promise<ServerSettings> {
  const {listen} = settings;
  try {
    const listener = await openListener({...listen, onConnection: socket => void socket.destroy()});
    await listener.close();
    return {...settings, listen: {...listen, port: listener.port}};
  } catch (error) {
    throw listenProblem(error, listen);
  }
}

/** How often the owner looks for what time alone changes: ejections that are over, keys that are old. */
const LOOK_MS = 1_000;

function watchTime(balancer: LoadBalancer, ticketKeys: TicketKeys, publish: () => void): NodeJS.Timeout {
  let known = ticketKeys.current();
  return setInterval(() => {
    // Asking for the backends is what ends an ejection whose time has come; that is told as any other change.
    void balancer.backends;
    if (ticketKeys.current().equals(known)) return;
    known = ticketKeys.current();
    publish();
  }, LOOK_MS);
}

async function answer(question: Question, {source}: Certificates): Promise<unknown> {
  if (question.ask === 'certificateFor') return source.certificateFor(question.serverName);
  throw new Error(`nothing can be brought to ready for ${question.app}`);
}

/** What a worker saw counts as if it had been seen here. */
function createReportReader(balancer: LoadBalancer): (report: BackendReport) => void {
  const backends = new Map(allOf(balancer).map(backend => [backend.address, backend]));
  return ({address, hasRecovered, failures}) => {
    const backend = backends.get(address);
    if (backend === undefined) return;
    if (hasRecovered) balancer.report(backend, 'success');
    for (let count = 0; count < failures; count++) balancer.report(backend, 'failure');
  };
}

/** Every backend of a balancer that has judged none yet. */
function allOf(balancer: LoadBalancer): readonly Backend[] {
  const all: Backend[] = [];
  for (let next = balancer.pick(); next !== undefined; next = balancer.pick(undefined, all)) all.push(next);
  return all;
}

const describeDeath = ({pid, code, signal}: WorkerDeath): string =>
  `worker ${pid} ended with ${signal ?? `code ${code}`}; another takes its place`;
