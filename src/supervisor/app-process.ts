import {randomBytes} from 'node:crypto';
import type {Clock} from '../system/clock.js';
import {processIdentity} from '../system/processes.js';
import type {Endpoint} from './endpoint.js';
import type {OutputLimits} from './flood-gate.js';
import type {Exit} from './instance.js';
import type {InstanceRecords} from './instance-records.js';
import type {LaunchSpec} from './launch-spec.js';
import {readLimitedOutput} from './limited-output.js';
import type {LogBuffer} from './log-buffer.js';
import {createLevelReader, type LogLevel} from './log-level.js';
import {readLines} from './output.js';
import type {GroupEnd} from './process-group.js';
import {within} from './race.js';
import {awaitReadiness, followFrom, type Readiness} from './readiness.js';
import type {SpawnedApp} from './spawn.js';

/** An app's process with its output going to the log and its record kept. */
export type AppProcess = {
  readonly pid: number;
  readonly startedAt: number;
  /** It was started by someone before us. */
  readonly isAdopted: boolean;
  /** The PORT that was chosen for it and no other. Undefined: it speaks the contract, or its port is pinned. */
  readonly reservedPort: number | undefined;
  /** Resolves when it is ready, or cannot be any more, or the signal aborts. To be asked once. */
  awaitReadiness(signal: AbortSignal): Promise<Readiness>;
  /** Calls the listener when a process that is ready listens elsewhere. */
  onRebind(listener: (endpoint: Endpoint) => void): void;
  /** To be told where it listens each time that is found out. */
  listensOn(endpoint: Endpoint): void;
  /** The leader's end; others of its group may still run. */
  readonly exited: Promise<Exit>;
  /** Adds a line of tako's own to the app's log: `info`, if nothing else is said. */
  say(text: string, level?: LogLevel): void;
  /** The app's own last lines of output so far. */
  lastLines(): readonly string[];
  /** Resolves when its output has been read to the end, or someone else keeps it open. */
  untilOutputRead(): Promise<void>;
  /** Ends the group, then lets go of all that belongs to it: output, pipes, record. */
  end(): Promise<GroupEnd>;
  /** For when ending it failed: kills the group, if that is possible, and keeps its record for `endOrphans`. */
  abandon(): void;
};

/** Starts the process of one instance, or throws a StartError. */
export type Spawn = (spec: LaunchSpec, instanceId: string) => Promise<SpawnedApp>;

/** A process that someone before us has started. */
export type Adoptee = {
  readonly app: SpawnedApp;
  /** Where it listens. Undefined: it is not ready yet, as far as is known. */
  readonly endpoint: Endpoint | undefined;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
};

export type ProcessWorld = {
  readonly clock: Clock;
  readonly records: InstanceRecords;
  readonly spawn: Spawn;
  readonly logs: LogBuffer;
  /** How much of an app's output is kept. Undefined: all. */
  readonly outputLimits: OutputLimits | undefined;
};

/** Where the cause of a failure is looked for: a stack trace, and what a runner or a build says after it. */
const LAST_LINES = 200;

/** A process that left the group may hold the output open for ever; what was written before is read in far less. */
const OUTPUT_WAIT_MS = 250;

/** Starts the process; throws a StartError when there is none, and leaves nothing behind then. */
export async function launch(spec: LaunchSpec, world: ProcessWorld): Promise<AppProcess> {
  const id = randomBytes(8).toString('hex');
  world.records.add({id, app: spec.app, pid: undefined, startTime: undefined});
  try {
    const child = await world.spawn(spec, id);
    return endIfFailing(child, () => attend(child, spec, world));
  } catch (error) {
    world.records.remove(id);
    throw error;
  }
}

/** Attends to a process that runs already. Its record is kept as if we had started it. */
export function adopt(spec: LaunchSpec, {app, endpoint, startedAt}: Adoptee, world: ProcessWorld): AppProcess {
  return endIfFailing(app, () => {
    world.records.add({id: app.instanceId, app: spec.app, pid: undefined, startTime: undefined});
    const attended = attend(app, spec, world);
    const ready = endpoint && {outcome: 'ready' as const, endpoint};
    return {
      ...attended,
      startedAt,
      isAdopted: true,
      awaitReadiness: async signal => {
        if (!ready) return attended.awaitReadiness(signal);
        followFrom(ready.endpoint, app.signs, world.clock);
        return ready;
      },
    };
  });
}

/** A process that nobody attends to does not stay. */
function endIfFailing<T>(child: SpawnedApp, work: () => T): T {
  try {
    return work();
  } catch (error) {
    child.kill();
    child.close();
    throw error;
  }
}

function attend(child: SpawnedApp, spec: LaunchSpec, world: ProcessWorld): AppProcess {
  const {clock, records, logs, outputLimits} = world;
  const {pid, instanceId: id, exited} = child;
  const instance = String(pid);
  const startedAt = clock.now();
  const say = (text: string, level: LogLevel = 'info'): void => void logs.append('tako', text, {instance, level});
  const readOutput = (name: 'stdout' | 'stderr'): Promise<void> => {
    const levelOf = createLevelReader();
    const onLine = (text: string): void => void logs.append(name, text, {instance, level: levelOf(text)});
    const onDropped = (count: number): void =>
      void logs.append('tako', describeDropped(count), {instance, level: 'warning', dropped: count});
    return outputLimits
      ? readLimitedOutput(child[name], {onLine, onDropped}, clock, outputLimits)
      : readLines(child[name], onLine);
  };
  const output = Promise.all([readOutput('stdout'), readOutput('stderr')]);
  const untilOutputRead = async (): Promise<void> => void (await within(OUTPUT_WAIT_MS, clock, () => output));
  const keepRecord = (write: () => void | Promise<void>): Promise<void> => tolerate(write, say);
  const recorded = keepRecord(async () => records.setPid(id, pid, (await processIdentity(pid))?.startTime));

  const end = async (): Promise<GroupEnd> => {
    const groupEnd = await child.end(spec.graceMs, clock);
    if (groupEnd === 'ended' || groupEnd === 'killed') await exited;
    await untilOutputRead();
    child.close();
    await recorded;
    await keepRecord(() => records.remove(id));
    return groupEnd;
  };
  const abandon = (): void => {
    try {
      child.kill();
    } finally {
      child.close();
    }
  };
  return {
    pid,
    startedAt,
    isAdopted: false,
    reservedPort: child.reservedPort,
    awaitReadiness: signal =>
      awaitReadiness({signs: child.signs, exited, timeoutMs: spec.readyTimeoutMs, signal}, clock),
    onRebind: listener => child.signs.onRebind(listener),
    listensOn: endpoint => child.listensOn(endpoint),
    exited,
    say,
    lastLines: () => lastLinesOf(logs, instance, startedAt),
    untilOutputRead,
    end,
    abandon,
  };
}

/** A record that cannot be written concerns only the case of our own sudden death; the app goes on. */
async function tolerate(write: () => void | Promise<void>, say: (text: string) => void): Promise<void> {
  try {
    await write();
  } catch (error) {
    say(`the instance record could not be written: ${error instanceof Error ? error.message : error}`);
  }
}

const describeDropped = (count: number): string =>
  count === 1
    ? 'a line is missing here: it came too fast'
    : `${count.toLocaleString('en-US')} lines are missing here: they came too fast`;

/** A pid may have been another process's before. */
const lastLinesOf = (logs: LogBuffer, instance: string, startedAt: number): readonly string[] =>
  logs
    .since(0)
    .lines.filter(line => line.instance === instance && line.stream !== 'tako' && line.time >= startedAt)
    .slice(-LAST_LINES)
    .map(line => line.text);
