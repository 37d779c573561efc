import {managedZones} from '../config/settings.js';
import {toProblem} from '../control/protocol.js';
import {type Daemon, startDaemon} from '../devproxy/daemon.js';
import type {DaemonReport} from '../devproxy/daemon-client.js';
import {decideZones} from '../devproxy/machine/delegation.js';
import {readDelegations} from '../devproxy/machine/read-delegations.js';
import {errorCode} from '../system/error.js';
import {outliveOutput} from '../system/outlive-output.js';
import {createContext, DEFAULT_PORTS, loadUserSettings, type PortFlags} from './context.js';
import {machineWorld} from './setup/machine-wishes.js';

/** Runs the dev daemon in the foreground; `tako dev` starts it detached, with its output in the daemon's log. */
export async function daemon(flags: PortFlags): Promise<void> {
  try {
    const running = await start(flags);
    stopOnSignals(running);
    surviveSocketErrors(running);
    report({type: 'ready'});
    await running.closed;
    log('ended');
  } catch (error) {
    log(`did not start: ${error instanceof Error ? error.message : error}`);
    report({type: 'failed', problem: toProblem(error)});
    process.exitCode = 1;
  }
}

async function start(flags: PortFlags): Promise<Daemon> {
  const context = createContext();
  const settings = await loadUserSettings(context);
  const https = flags.port ?? settings.port;
  const http = flags.httpPort ?? settings.httpPort;
  const dnsPort = flags.dnsPort ?? settings.dnsPort ?? DEFAULT_PORTS.dns;
  const world = machineWorld();
  const running = await startDaemon({
    version: context.version,
    files: context.files,
    https: https === undefined ? {port: DEFAULT_PORTS.https, deniedPort: DEFAULT_PORTS.deniedHttps} : {port: https},
    http: http === undefined ? {port: DEFAULT_PORTS.http, deniedPort: DEFAULT_PORTS.deniedHttp} : {port: http},
    dnsPort,
    zones: decideZones(managedZones(settings), await readDelegations(world), dnsPort),
    world,
    log,
  });
  const {info} = running;
  log(`tako ${info.version}, pid ${info.pid}: https ${info.https.port}, http ${info.http.port}, dns ${info.dnsPort}`);
  return running;
}

function stopOnSignals(running: Daemon): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log(`got ${signal}`);
      running.close().catch(error => log(`did not close cleanly: ${error}`));
    });
  }
  // The terminal that started it may go; its apps stay.
  process.on('SIGHUP', () => undefined);
}

const SOCKET_ERRORS = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ETIMEDOUT', 'ERR_STREAM_DESTROYED']);

/** Every socket has its own error listener; should one be missing, that costs its connection, not everybody's apps. */
function surviveSocketErrors(running: Daemon): void {
  outliveOutput(process.stdout, process.stderr);
  process.on('uncaughtException', error => {
    log(`uncaught: ${error.stack ?? error.message}`);
    if (SOCKET_ERRORS.has(errorCode(error) ?? '')) return;
    process.exitCode = 1;
    running.close().catch(() => process.exit(1));
  });
}

function report(message: DaemonReport): void {
  // The parent may be gone already; that is nothing to the daemon.
  if (process.connected) process.send?.(message, undefined, undefined, () => process.connected && process.disconnect());
}

const log = (line: string): void => void process.stdout.write(`${new Date().toISOString()} ${line}\n`);
