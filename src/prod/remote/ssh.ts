// The user's own ssh. The first process of a connection logs in and stays; the others go through it (ControlMaster), so
// that a further command costs a round trip and no login. It runs `cat` there, whose input is ours: when this process
// ends, however it ends, `cat` does, and with it the connection.

import {once} from 'node:events';
import path from 'node:path';
import type {Duplex, Readable} from 'node:stream';
import {execa, type ResultPromise} from 'execa';
import type {TakoError} from '../../system/error.js';
import {remoteScript, type ScriptUser} from './remote-script.js';
import {commandFailed, explainSshFailure, isSshFailure, type SshEnd, sshMissing} from './ssh-error.js';
import {makeSshFolder} from './ssh-folder.js';
import {type SshFlags, type SshTarget, sshOptions} from './ssh-target.js';

/** A command's streams: what is written goes to its standard input, what is read is its standard output. */
export type SshChannel = {
  readonly stream: Duplex;
  /** Resolves when the command is over. Never rejects. */
  readonly ended: Promise<SshEnd>;
};

export type ScriptOptions = {
  readonly user?: ScriptUser;
  /** The script's standard input. */
  readonly input?: Readable;
  /** What is running, for the error. */
  readonly what: string;
};

export type ScriptResult = SshEnd & {readonly stdout: string};

export type Ssh = {
  readonly target: SshTarget;
  /** Runs a POSIX shell script; resolves with any exit code of its own, throws the errors of ssh-error.ts. */
  tryScript(script: string, options: ScriptOptions): Promise<ScriptResult>;
  /** The script's standard output. Throws SSH_COMMAND when it fails. */
  script(script: string, options: ScriptOptions): Promise<string>;
  /** Starts a command; it is for the login shell, so its words have to be harmless ones. */
  open(command: string): SshChannel;
  /** Ends all that runs through it. */
  close(): Promise<void>;
};

/** Logs in. Throws SSH_MISSING, SSH_UNREACHABLE, SSH_HOST_KEY or SSH_DENIED. */
export async function openSsh(target: SshTarget, flags: SshFlags): Promise<Ssh> {
  const folder = await makeSshFolder();
  const controlPath = path.join(folder.path, 'c');
  const start = (mode: readonly string[], command: string): ResultPromise<typeof PROCESS_OPTIONS> =>
    execa(
      'ssh',
      [...sshOptions(target, flags), ...mode, '-S', controlPath, '--', target.host, command],
      PROCESS_OPTIONS,
    );
  const login = start(['-M'], LOGIN_COMMAND);
  const leave = async (): Promise<void> => {
    login.stdin.end();
    login.kill();
    await login;
    await folder.remove();
  };
  try {
    await untilLoggedIn(login, target);
  } catch (error) {
    await leave();
    throw error;
  }
  return createSsh(target, command => start([], command), leave);
}

const PROCESS_OPTIONS = {
  reject: false,
  stdin: 'pipe',
  buffer: {stdout: false, stderr: true},
  // The last of what it says on standard error is what counts, and it is little.
  maxBuffer: 1024 * 1024,
  stripFinalNewline: false,
} as const;

const GREETING = 'tako-ssh-ready';
const LOGIN_COMMAND = `echo ${GREETING}; cat`;

type Process = ResultPromise<typeof PROCESS_OPTIONS>;

/** Resolves at the greeting: a login shell's profile may say something before it. */
async function untilLoggedIn(login: Process, target: SshTarget): Promise<void> {
  let heard = '';
  const greeted = new Promise<'greeted'>(resolve => {
    login.stdout.setEncoding('utf8').on('data', (text: string) => {
      heard = (heard + text).slice(-4096);
      if (heard.includes(GREETING)) resolve('greeted');
    });
  });
  if ((await Promise.race([greeted, login])) === 'greeted') return;
  throw explainEnd(target, await endOf(login));
}

/** The error for an ssh that ended before the command it was to run. */
function explainEnd(target: SshTarget, end: SshEnd): TakoError {
  return isSshFailure(end) ? explainSshFailure(target, end) : commandFailed(target, 'the login', end);
}

/** Throws SSH_MISSING when there was no such program. */
async function endOf(process: Process): Promise<SshEnd> {
  const {exitCode, stderr, code, cause} = await process;
  if (code === 'ENOENT') throw sshMissing(cause);
  return {code: exitCode ?? null, stderr: String(stderr ?? '')};
}

function createSsh(target: SshTarget, start: (command: string) => Process, leave: () => Promise<void>): Ssh {
  const running = new Set<Process>();
  const track = (command: string): Process => {
    const process = start(command);
    running.add(process);
    process.then(() => running.delete(process));
    return process;
  };
  const tryScript = async (script: string, {user, input}: ScriptOptions): Promise<ScriptResult> => {
    const {command, head} = remoteScript(script, user);
    const result = await runWithInput(track(command), head, input);
    if (isSshFailure(result)) throw explainSshFailure(target, result);
    return result;
  };
  let closing: Promise<void> | undefined;
  return {
    target,
    tryScript,
    async script(script, options) {
      const result = await tryScript(script, options);
      if (result.code !== 0) throw commandFailed(target, options.what, result);
      return result.stdout;
    },
    open(command) {
      const process = track(command);
      return {stream: process.duplex(), ended: endOf(process)};
    },
    close: () =>
      (closing ??= (async () => {
        for (const process of running) process.kill();
        await leave();
      })()),
  };
}

/** Rejects with the input's own error when that cannot be read to its end. */
async function runWithInput(process: Process, head: Buffer, input: Readable | undefined): Promise<ScriptResult> {
  const chunks: Buffer[] = [];
  process.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  // A script that ends before it has read everything is judged by its exit code.
  process.stdin.on('error', () => input?.destroy());
  process.stdin.write(head);
  const failed = input === undefined ? undefined : once(input, 'error').then(([error]) => Promise.reject(error));
  if (input) input.pipe(process.stdin);
  else process.stdin.end();
  try {
    const end = await (failed ? Promise.race([endOf(process), failed]) : endOf(process));
    return {...end, stdout: Buffer.concat(chunks).toString()};
  } finally {
    // Without the rest of its input it could not come to a good end.
    process.kill();
  }
}
