// Each client that this machine has, tried: by name, and where the name is not found, by address.

import {access, constants, mkdir, mkdtemp, realpath, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {type Outcome, readOutcome} from './client-outcome.js';
import {runClient} from './client-run.js';
import type {Client, Target} from './clients.js';

export type Trial = {
  readonly client: Client;
  /** Where it is. */
  readonly program: string;
  /** The host that it was asked for. */
  readonly host: string;
  readonly byName: Outcome;
  /** Undefined: its name was found, or it cannot be told an address. */
  readonly byAddress: Outcome | undefined;
};

export type TrialOptions = {
  readonly host: string;
  readonly port: number;
  /** What only the daemon says. */
  readonly answer: string;
  readonly environment: NodeJS.ProcessEnv;
  /** What tako gives to apps beside it. */
  readonly appVariables: Readonly<Record<string, string>>;
  readonly home: string;
  /** When it aborts, what still runs ends, and nothing new is begun. */
  readonly signal: AbortSignal;
  /** Told of each client when it is tried; what is returned is called when it is done. */
  readonly track: (name: string) => () => void;
};

const ADDRESS = '127.0.0.1';
/** More at once would only wait for the cores of a small machine. */
const AT_ONCE = 4;

export async function tryClients(clients: readonly Client[], options: TrialOptions): Promise<readonly Trial[]> {
  const found = await Promise.all(clients.map(client => findProgram(client, options.environment)));
  const waiting = clients.flatMap((client, index) =>
    found[index] === undefined ? [] : [{client, program: found[index]}],
  );
  const trials: Trial[] = [];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const done = options.track(next.client.name);
      trials.push(await tryClient(next.client, next.program, options));
      done();
    }
  };
  await Promise.all(Array.from({length: AT_ONCE}, lane));
  return trials.sort((a, b) => clients.indexOf(a.client) - clients.indexOf(b.client));
}

/** Undefined where there is none. */
async function findProgram({programs}: Client, {PATH = ''}: NodeJS.ProcessEnv): Promise<string | undefined> {
  const folders = PATH.split(path.delimiter).filter(Boolean);
  const places = programs.flatMap(program =>
    path.isAbsolute(program) ? [program] : folders.map(folder => path.join(folder, program)),
  );
  const runnable = await Promise.all(
    places.map(place =>
      access(place, constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return places[runnable.indexOf(true)];
}

async function tryClient(client: Client, program: string, options: TrialOptions): Promise<Trial> {
  const {host, port} = options;
  const byName = await ask(client, program, {host, port, address: undefined}, options);
  const isFound = byName.state !== 'unresolved' || !client.canTakeAddress;
  const byAddress = isFound ? undefined : await ask(client, program, {host, port, address: ADDRESS}, options);
  return {client, program, host, byName, byAddress};
}

async function ask(
  client: Client,
  program: string,
  where: Omit<Target, 'folder'>,
  options: TrialOptions,
): Promise<Outcome> {
  try {
    return await askIn(await makeFolder(program, options.home), client, program, where, options);
  } catch (error) {
    // One that cannot be tried must not keep the others from it.
    return {state: 'failed', said: error instanceof Error ? error.message : String(error)};
  }
}

async function askIn(
  folder: string,
  client: Client,
  program: string,
  where: Omit<Target, 'folder'>,
  options: TrialOptions,
): Promise<Outcome> {
  try {
    const {args, input, file, environment = {}} = client.command({...where, folder});
    if (file) await writeFile(path.join(folder, file.name), file.text);
    const run = await runClient(
      {
        file: program,
        args,
        ...(input === undefined ? {} : {input}),
        environment: {
          ...verifying(options.environment),
          ...(client.runsApps ? options.appVariables : {}),
          ...environment,
          LC_ALL: 'C',
        },
      },
      {deadlineMs: client.deadlineMs, signal: options.signal},
    );
    return readOutcome(client, run, options.answer);
  } finally {
    // A browser's last process may still be writing; what it leaves then is in a folder for temporary files.
    await rm(folder, {recursive: true, force: true, maxRetries: 5, retryDelay: 50}).catch(() => undefined);
  }
}

/** Without what makes clients trust everything: an answer is to prove something. */
function verifying(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const {NODE_TLS_REJECT_UNAUTHORIZED: _node, GIT_SSL_NO_VERIFY: _git, ...others} = environment;
  return others;
}

/** A program in a snap sees no folder of /tmp but its own. */
async function makeFolder(program: string, home: string): Promise<string> {
  const isSnap = program.startsWith('/snap/') || (await realpath(program)).endsWith('/snap');
  const parent = isSnap ? path.join(home, 'snap', path.basename(program), 'common') : tmpdir();
  await mkdir(parent, {recursive: true});
  return mkdtemp(path.join(parent, 'tako-doctor-'));
}
