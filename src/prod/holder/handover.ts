// How a holder is replaced: it becomes another program in its own process (execve). The process stays, and with it its
// children: apps and server processes run on, and whoever watches the holder's pid notices nothing. Node closes what it
// has open then, so a carrier has copies meanwhile, and gives them back to the program that follows.
//
//   wait until nothing is under way -> hold what is said -> carrier: can the new version read this? -> table -> execve
//
// Until the last step all of it can be taken back. What is written to pipes and channels meanwhile waits in them.

import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {closeSync, ftruncateSync, openSync, rmSync, writeSync} from 'node:fs';
import path from 'node:path';
import {within} from '../../supervisor/race.js';
import type {Clock} from '../../system/clock.js';
import {descriptorOf} from '../../system/descriptors.js';
import {TakoError} from '../../system/error.js';
import {PRIVATE_FILE} from '../../system/files.js';
import type {CarrierAnswer} from './carrier.js';
import {FOLLOWS} from './estate.js';
import {HANDOVER_VERSION, type HandoverTableInput} from './handover-table.js';

/** The program that a holder becomes. */
export type Successor = {
  /** Whether the one that runs is not that of the current version. */
  isWanted(): Promise<boolean>;
  readonly command: readonly [string, ...string[]];
  /** Its carrier. */
  readonly carrier: readonly [string, ...string[]];
};

/** What is handed over. */
export type Bequest = {
  /** Nothing is under way that could not be handed over. */
  isIdle(): boolean;
  /** Nothing new begins from here on, until `thaw`. */
  freeze(): Promise<void>;
  thaw(): void;
  /** The holder was told to end meanwhile. */
  isEnding(): boolean;
  /** All that was sent is on its way. */
  isFlushed(): boolean;
  /** Open descriptors by name: those whose order the table tells. */
  descriptors(): ReadonlyMap<string, number>;
  /** Reads nothing more from this moment on. */
  table(): Omit<HandoverTableInput, 'version' | 'descriptors'>;
  /** This holder has followed another: Node waits for none of the children of that one. */
  readonly isFollower: boolean;
};

export type HandoverOptions = {
  readonly successor: Successor;
  readonly bequest: Bequest;
  /** Where the table is written, for a moment. */
  readonly folder: string;
  readonly clock: Clock;
};

/** Apps that are being ended may take their grace period. */
const IDLE_WAIT_MS = 45_000;
/** Node and the program have to be read from the disk. */
const CARRIER_WAIT_MS = 20_000;
const FLUSH_WAIT_MS = 5_000;
const POLL_MS = 10;

/**
 * Becomes the successor, and does not return. Rejects with HOLDER_BUSY or HOLDER_NOT_REPLACED, and everything goes on as
 * before.
 */
export async function handOver(options: HandoverOptions): Promise<never> {
  const {bequest, clock} = options;
  if (!(await within(IDLE_WAIT_MS, clock, over => untilTrue(bequest.isIdle, clock, over)))) throw busy();
  try {
    await bequest.freeze();
    return await exchange(options);
  } catch (error) {
    bequest.thaw();
    throw error;
  }
}

async function exchange(options: HandoverOptions): Promise<never> {
  const {bequest, clock} = options;
  const carrier = await startCarrier(options);
  try {
    const isFlushed = await within(FLUSH_WAIT_MS, clock, over => untilTrue(bequest.isFlushed, clock, over));
    if (bequest.isEnding()) throw notReplaced('it is ending');
    if (!isFlushed) throw notReplaced('a server process does not read what it is sent');
    return become(options, carrier);
  } catch (error) {
    await carrier.end();
    throw error;
  }
}

async function untilTrue(isTrue: () => boolean, clock: Clock, over: AbortSignal): Promise<void> {
  while (!isTrue()) await clock.sleep(POLL_MS, over);
}

type Carrier = {
  readonly descriptors: readonly string[];
  /** Of the file that it reads the table from. */
  readonly table: number;
  end(): Promise<void>;
};

/** Resolves with a carrier that has all descriptors and can read the table as it is now. */
async function startCarrier({successor, bequest, folder, clock}: HandoverOptions): Promise<Carrier> {
  const named = bequest.descriptors();
  const descriptors = [...named.keys()];
  const table = openNameless(path.join(folder, 'handover'));
  writeTable(table, {descriptors, ...bequest.table()});
  // The channel takes the lowest descriptor: 0 is one of the three that stay open in the program that follows.
  closeSync(0);
  const child = spawn('/bin/sh', ['-c', APART, 'sh', ...successor.carrier], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc', table, ...named.values()],
  });
  child.on('error', () => {});
  const end = (): Promise<void> => endCarrier(child, table);
  try {
    if (descriptorOf({_handle: child.channel}) !== 0) throw notReplaced('the carrier could not be given its channel');
    const problem = await whyNotReady(child, clock);
    if (problem !== undefined) throw notReplaced(problem);
    return {descriptors, table, end};
  } catch (error) {
    await end();
    throw error;
  }
}

/** A file that is gone when its descriptors are: it has what apps are told in secret. */
function openNameless(file: string): number {
  rmSync(file, {force: true});
  const fd = openSync(file, 'wx+', PRIVATE_FILE);
  rmSync(file);
  return fd;
}

function writeTable(fd: number, table: Omit<HandoverTableInput, 'version'>): void {
  const bytes = Buffer.from(JSON.stringify({version: HANDOVER_VERSION, ...table}));
  ftruncateSync(fd);
  for (let written = 0; written < bytes.length; )
    written += writeSync(fd, bytes, written, bytes.length - written, written);
}

/** It is not our child: nobody would wait for it when it has ended. */
const APART = '"$@" &';

async function whyNotReady(child: ChildProcess, clock: Clock): Promise<string | undefined> {
  let problem: string | undefined = `it was not ready within ${CARRIER_WAIT_MS / 1_000} s`;
  const over = new AbortController();
  const {signal} = over;
  const answered = once(child, 'message', {signal}).then(([answer]: CarrierAnswer[]) => {
    problem = answer?.type === 'refused' ? `it cannot read what this one leaves: ${answer.message}` : undefined;
  });
  const gone = once(child, 'disconnect', {signal}).then(() => {
    problem = 'it ended at once; the log of the service says why';
  });
  const outcome = Promise.race([answered, gone]);
  await within(CARRIER_WAIT_MS, clock, () => outcome);
  over.abort();
  await Promise.allSettled([answered, gone]);
  return problem;
}

/** It ends when nobody is at the other end. */
async function endCarrier(child: ChildProcess, table: number): Promise<void> {
  closeSync(table);
  if (child.connected) {
    child.disconnect();
    await once(child, 'disconnect');
  }
  // Our end of the channel is the standard input, which Node never closes.
  closeSync(0);
  openSync('/dev/null', 'r');
}

/** From here to the end nothing else runs: what the table says is so when the other reads it. */
function become({successor, bequest}: HandoverOptions, {descriptors, table}: Carrier): never {
  writeTable(table, {descriptors, ...bequest.table()});
  const script = bequest.isFollower ? REAPING_SCRIPT : SCRIPT;
  const environment = {...process.env, [FOLLOWS]: '1', NODE_CHANNEL_FD: '0', NODE_CHANNEL_SERIALIZATION_MODE: 'json'};
  return execute('/bin/sh', ['sh', '-c', script, ...successor.command], environment);
}

const SCRIPT = 'exec "$0" "$@"';

/**
 * A shell that waits for a child of its own waits for all that have ended, which Node does for its own alone. One that ends
 * in this very moment has its code lost with it.
 */
const REAPING_SCRIPT = `(:); ${SCRIPT}`;

/** Node's types have it as one that may be missing: it is where there is execve(2). */
const execute = (file: string, args: readonly string[], environment: NodeJS.ProcessEnv): never => {
  if (!process.execve) throw notReplaced('this system cannot replace a program');
  return process.execve(file, args, environment);
};

const busy = (): TakoError =>
  new TakoError('HOLDER_BUSY', 'apps are being started and ended all the time', {hint: 'try again when it is quieter'});

const notReplaced = (reason: string): TakoError =>
  new TakoError('HOLDER_NOT_REPLACED', `the holder could not be replaced: ${reason}`, {
    hint: 'the version before goes on; restarting the service, as by "systemctl restart tako", replaces it, and restarts all apps and cuts connections',
  });
