import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import {TakoError} from '../../system/error.js';

/** A line that a command wrote. */
export type OnOutput = (line: string) => void;

export type CommandSpec = {
  /** For a shell. */
  readonly line: string;
  readonly directory: string;
  readonly environment: NodeJS.ProcessEnv;
  /** What failed, for people: `the build failed: npm run build`. */
  readonly failure: {readonly code: string; readonly message: string; readonly hint: string};
};

/** Lines that an error shows: a screen's worth. */
const LAST_LINES = 30;
/** From the request to stop to the end by force. */
const GRACE_MS = 5_000;

/**
 * Runs a shell's line to its end. Throws the failure's code with the last lines of output; when the signal aborts, the whole
 * process group is ended and the signal's reason is thrown.
 */
export async function runCommand(spec: CommandSpec, onOutput: OnOutput, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const {line, directory, environment} = spec;
  // Its own group, so that all that it starts can be ended with it.
  const child = spawn('/bin/sh', ['-c', line], {
    cwd: directory,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const last: string[] = [];
  const keep = (text: string): void => {
    last.push(text);
    if (last.length > LAST_LINES) last.shift();
    onOutput(text);
  };
  for (const stream of [child.stdout, child.stderr]) createInterface({input: stream}).on('line', keep);
  const stop = endGroupOn(signal, child.pid);
  try {
    const [code, killedBy] = (await once(child, 'close')) as [number | null, string | null];
    signal.throwIfAborted();
    if (code !== 0) throw failed(spec, code, killedBy, last);
  } finally {
    stop();
  }
}

function endGroupOn(signal: AbortSignal, pid: number | undefined): () => void {
  let timer: NodeJS.Timeout | undefined;
  const end = (): void => {
    kill(pid, 'SIGTERM');
    timer = setTimeout(() => kill(pid, 'SIGKILL'), GRACE_MS);
  };
  signal.addEventListener('abort', end, {once: true});
  return () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
    // Its leader is gone; others of the group may not have heard.
    if (signal.aborted) kill(pid, 'SIGKILL');
  };
}

function kill(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // It is gone.
  }
}

function failed(
  {failure, line}: CommandSpec,
  code: number | null,
  killedBy: string | null,
  last: readonly string[],
): TakoError {
  const how = code === null ? `was ended by ${killedBy ?? 'a signal'}` : `exited with ${code}`;
  return new TakoError(failure.code, `${failure.message}: "${line}" ${how}`, {
    hint: failure.hint,
    details: last,
  });
}
