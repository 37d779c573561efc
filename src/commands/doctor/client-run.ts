// A client in a process of its own, and in a group of its own: a browser starts others, and none of them may stay.

import {spawn} from 'node:child_process';
import {killGroup} from '../../supervisor/process-group.js';

export type ClientCommand = {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  /** Written to its standard input, which then stays open: some end with it. */
  readonly input?: string;
};

export type ClientRun = {
  /** `late`: it was killed when its time was over. `absent`: it could not be started. */
  readonly end: 'exited' | 'late' | 'absent';
  readonly stdout: string;
  readonly stderr: string;
};

/** What a client says beyond this explains nothing more. */
const MAX_OUTPUT_CHARACTERS = 64 * 1024;

/** Ends by the deadline, in milliseconds, or when the signal aborts. Nothing of it runs on. */
export function runClient(
  {file, args, environment, input}: ClientCommand,
  {deadlineMs, signal}: {readonly deadlineMs: number; readonly signal: AbortSignal},
): Promise<ClientRun> {
  if (signal.aborted) return Promise.resolve({end: 'late', stdout: '', stderr: ''});
  return new Promise(resolve => {
    const said = {stdout: '', stderr: ''};
    const child = spawn(file, args, {env: environment, detached: true, stdio: ['pipe', 'pipe', 'pipe']});
    let isOver = false;
    const finish = (end: ClientRun['end']): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', late);
      if (child.pid !== undefined) killGroup(child.pid);
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
      resolve({end, ...said});
    };
    const late = (): void => finish('late');
    const timer = setTimeout(late, deadlineMs);
    signal.addEventListener('abort', late, {once: true});
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        said[name] = (said[name] + text).slice(0, MAX_OUTPUT_CHARACTERS);
      });
    }
    // Of one that has ended, or never began.
    child.stdin.on('error', () => undefined);
    if (input === undefined) child.stdin.end();
    else child.stdin.write(input);
    child.once('error', () => finish('absent'));
    // All it said is read by then; where a grandchild keeps the pipes, the deadline ends that.
    child.once('close', () => finish('exited'));
  });
}
