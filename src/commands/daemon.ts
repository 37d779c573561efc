import {writeSync} from 'node:fs';
import {managedZones} from '../config/settings.js';
import {toProblem} from '../control/protocol.js';
import {type Daemon, startDaemon} from '../devproxy/daemon.js';
import {type DaemonReport, openDaemonLog} from '../devproxy/daemon-client.js';
import {decideZones} from '../devproxy/machine/delegation.js';
import type {PortName} from '../devproxy/machine/port-units.js';
import {readDelegations} from '../devproxy/machine/read-delegations.js';
import {type PassedSockets, takeSockets} from '../devproxy/passed-sockets.js';
import {NOT_STARTED} from '../devproxy/wake-daemon.js';
import type {PortOptions} from '../proxy/gateway.js';
import {errorCode, renderTakoError, TakoError} from '../system/error.js';
import {ensureFolder} from '../system/files.js';
import {outliveOutput} from '../system/outlive-output.js';
import {type Context, createContext, DEFAULT_PORTS, loadUserSettings, type PortFlags, userKeys} from './context.js';
import {machineWorld} from './setup/machine-wishes.js';

type Log = (line: string) => void;

/**
 * Runs the dev daemon in the foreground. `tako dev` starts it detached, with its output in the daemon's log; systemd starts
 * it with sockets, and it writes that log itself.
 */
export async function daemon(flags: PortFlags): Promise<void> {
  const context = createContext();
  const sockets = takeSockets(process.env);
  const log = sockets.isEmpty ? logTo(line => process.stdout.write(line)) : await openLog(context);
  try {
    const running = await start(context, flags, {sockets, log});
    stopOnSignals(running, log);
    surviveSocketErrors(running, log);
    report({type: 'ready'});
    await running.closed;
    log('ended');
  } catch (error) {
    log(`${NOT_STARTED}${describe(error)}`);
    report({type: 'failed', problem: toProblem(error)});
    process.exitCode = 1;
    await sockets.refuse();
  }
}

async function openLog({files}: Context): Promise<Log> {
  await ensureFolder(files.data);
  const fd = openDaemonLog(files.log);
  return logTo(line => writeSync(fd, line));
}

const logTo =
  (write: (text: string) => unknown): Log =>
  line =>
    void write(`${new Date().toISOString()} ${line}\n`);

function describe(error: unknown): string {
  if (error instanceof TakoError)
    return renderTakoError(error)
      .trimEnd()
      .replace(/^error: /, '');
  return error instanceof Error ? error.message : String(error);
}

async function start(
  context: Context,
  flags: PortFlags,
  {sockets, log}: {readonly sockets: PassedSockets; readonly log: Log},
): Promise<Daemon> {
  const settings = await loadUserSettings(context);
  const portOf = (name: PortName, wanted: number | undefined, deniedPort: number): PortOptions => ({
    port: wanted ?? DEFAULT_PORTS[name],
    deniedPort,
    isExact: wanted !== undefined,
    isTriedEverywhere: process.platform === 'darwin',
    ...sockets.of(name),
  });
  const dnsPort = flags.dnsPort ?? settings.dnsPort ?? DEFAULT_PORTS.dns;
  const world = machineWorld();
  const running = await startDaemon({
    version: context.version,
    files: context.files,
    https: portOf('https', flags.port ?? settings.port, DEFAULT_PORTS.deniedHttps),
    http: portOf('http', flags.httpPort ?? settings.httpPort, DEFAULT_PORTS.deniedHttp),
    dnsPort,
    zones: decideZones(managedZones(settings), await readDelegations(world), dnsPort),
    keys: userKeys(context, settings),
    world,
    log,
  });
  const {info} = running;
  log(`tako ${info.version}, pid ${info.pid}: https ${info.https.port}, http ${info.http.port}, dns ${info.dnsPort}`);
  return running;
}

function stopOnSignals(running: Daemon, log: Log): void {
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
function surviveSocketErrors(running: Daemon, log: Log): void {
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
