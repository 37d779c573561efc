import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import type {Readable, Writable} from 'node:stream';

// A process that lives as long as its standard input: when this process ends, however it does, the companion sees the
// end of the pipe and goes too.

export type Companion = {
  readonly pid: number;
  /** The next line it prints, without its end. Rejects with what it said when it ended instead. */
  line(): Promise<string>;
  say(line: string): void;
  /** Resolves when the process is gone and everything it printed is read. */
  readonly exited: Promise<void>;
  /** Ends its standard input, and waits. */
  end(): Promise<void>;
  kill(): void;
};

/** Starts the program in a session of its own, so that a key pressed in the terminal does not reach it. */
export async function startCompanion(file: string, args: readonly string[]): Promise<Companion> {
  const child = spawn(file, args, {stdio: ['pipe', 'pipe', 'pipe'], detached: true});
  const exited = new Promise<void>(resolve => child.once('close', () => resolve()));
  await once(child, 'spawn');
  child.stdin.on('error', () => {});
  const complaints = collect(child.stderr);
  const lines = readLines(child);
  return {
    pid: child.pid ?? 0,
    async line() {
      const {value} = await lines.next();
      if (value === undefined) throw new Error(`${file} ended: ${complaints()}`);
      return value;
    },
    say: line => void child.stdin.write(`${line}\n`),
    exited,
    async end() {
      child.stdin.end();
      await exited;
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

async function* readLines({
  stdout,
}: ChildProcess & {stdout: Readable; stdin: Writable}): AsyncGenerator<string, undefined> {
  let rest = '';
  for await (const chunk of stdout) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  return undefined;
}

function collect(stream: Readable): () => string {
  let text = '';
  stream.on('data', chunk => {
    text += String(chunk);
  });
  return () => text.trim();
}
