import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import path from 'node:path';
import {createInterface} from 'node:readline';

export const TUTORIAL = path.resolve(import.meta.dirname, '../../examples/proxy-tutorial');

/** One of the tutorial's programs, as a process of its own. Whoever starts some ends with `endPrograms`. */
export type Program = {
  readonly pid: number;
  /** Where it serves. */
  readonly port: number;
  /** The same for a client of plain HTTP. */
  readonly origin: string;
  /** What it has written so far; `output.join('\n')` explains a failure. */
  readonly output: readonly string[];
  /** The first line, past or to come, that matches; `nth` asks for a later one. Rejects when the program ends first. */
  line(pattern: RegExp, nth?: number): Promise<RegExpExecArray>;
  /** Sends the signal and gives the exit code, null for a program that did not end by itself. */
  end(signal: NodeJS.Signals): Promise<number | null>;
};

export type ProgramOptions = {
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
};

const READY = /listening on (?:https?:\/\/127\.0\.0\.1:|port )(\d+)/;

/** Starts `examples/proxy-tutorial/<name>.ts` on free ports, and waits until it serves. */
export async function startProgram(name: string, {args = [], environment = {}}: ProgramOptions = {}): Promise<Program> {
  const child = spawn(process.execPath, [`${name}.ts`, ...args], {
    cwd: TUTORIAL,
    env: {...process.env, PORT: '0', METRICS_PORT: '0', ...environment},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close');
  running.add(child);
  child.once('close', () => running.delete(child));
  const {output, line} = followOutput(child, name);
  const [, port] = await line(READY);
  return {
    pid: child.pid ?? 0,
    port: Number(port),
    origin: `http://127.0.0.1:${port}`,
    output,
    line,
    async end(signal) {
      child.kill(signal);
      const [code] = await closed;
      return code as number | null;
    },
  };
}

/** The same before one upstream. */
export function startBefore(
  name: string,
  upstream: {readonly port: number},
  environment: Readonly<Record<string, string>> = {},
): Promise<Program> {
  return startProgram(name, {environment: {UPSTREAM_PORT: String(upstream.port), ...environment}});
}

const running = new Set<ChildProcess>();

/** Ends all that has been started and has not ended. The workers of a program end when it is gone. */
export async function endPrograms(): Promise<void> {
  await Promise.all(
    [...running].map(async child => {
      const closed = once(child, 'close');
      child.kill('SIGKILL');
      await closed;
    }),
  );
}

/** An upstream of the tutorial; on any free port if none is given. */
export const startUpstream = (port = 0): Promise<Program> => startProgram('upstream', {args: [String(port)]});

function followOutput(child: ChildProcess, name: string): Pick<Program, 'output' | 'line'> {
  const output: string[] = [];
  const waiting = new Set<() => void>();
  let isOver = false;
  const wake = (): void => {
    for (const look of waiting) look();
  };
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) throw new Error(`${name} has no output to follow`);
    createInterface({input: stream}).on('line', line => {
      output.push(line);
      wake();
    });
  }
  child.once('close', () => {
    isOver = true;
    wake();
  });
  const line: Program['line'] = (pattern, nth = 1) =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = matchesOf(output, pattern)[nth - 1];
        if (found) resolve(found);
        else if (isOver) reject(new Error(`${name} ended before it wrote ${pattern}:\n${output.join('\n')}`));
        else return;
        waiting.delete(look);
      };
      waiting.add(look);
      look();
    });
  return {output, line};
}

const matchesOf = (output: readonly string[], pattern: RegExp): RegExpExecArray[] =>
  output.map(text => pattern.exec(text)).filter(match => match !== null);
