import assert from 'node:assert/strict';
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {cpSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {createInterface} from 'node:readline';
import {type CommandResult, run} from '../../../src/system/exec.js';
import {checkJsonOutput} from '../json-output.js';
import type {Vps} from './vps.js';
import {createWorkplace} from './workplace.js';

// The machine that a user deploys from: the command as it is installed, a home of its own, and an ssh that knows servers.

const REPOSITORY = path.resolve(import.meta.dirname, '../../..');
const TIMEOUT_MS = 180_000;

export type Laptop = {
  /** For projects; it goes with the laptop. */
  readonly projects: string;
  /** Where tako keeps the user's servers and what it has fetched. */
  readonly home: string;
  /** Runs tako in that folder to its end, which has to be a good one. */
  tako(folder: string, ...args: string[]): Promise<CommandResult>;
  /** As `tako`, however it ends. */
  attempt(folder: string, ...args: string[]): Promise<CommandResult>;
  /** Starts tako, to be followed or interrupted. */
  start(folder: string, ...args: string[]): RunningCommand;
  /** From now on tako is the one of that version; its server program is another too. */
  useVersion(version: string): void;
  close(): void;
};

export type RunningCommand = {
  /** The first line of stdout, past or to come, that the function accepts. Rejects when the command ends first. */
  line(accept: (text: string) => boolean): Promise<string>;
  /** Resolves when it has ended. */
  readonly ended: Promise<CommandResult>;
  signal(name: NodeJS.Signals): void;
};

/** A laptop whose ssh knows these servers by their names. */
export function createLaptop(servers: readonly Vps[]): Laptop {
  const {folder, home, projects, environment, close} = createWorkplace(servers, {USER: 'someone'});
  let packageFolder = REPOSITORY;
  const cli = (): string => path.join(packageFolder, 'dist/cli.js');
  const attempt: Laptop['attempt'] = async (directory, ...args) => {
    const result = await run(
      {file: 'sh', args: ['-c', 'cd "$1" && shift && exec "$@"', 'sh', directory, process.execPath, cli(), ...args]},
      {environment, timeoutMs: TIMEOUT_MS},
    );
    if (args.includes('--json')) checkJsonOutput(args, result.stdout);
    return result;
  };
  return {
    home,
    projects,
    attempt,
    async tako(directory, ...args) {
      const result = await attempt(directory, ...args);
      assert.equal(result.exitCode, 0, `tako ${args.join(' ')}: ${result.stdout}\n${result.stderr}`);
      return result;
    },
    start: (directory, ...args) =>
      follow(spawn(process.execPath, [cli(), ...args], {cwd: directory, env: environment, stdio: STDIO}), args),
    useVersion(version) {
      packageFolder = path.join(folder, `tako-${version}`);
      copyPackage(packageFolder, version);
    },
    close,
  };
}

const STDIO = ['ignore', 'pipe', 'pipe'] as const satisfies ['ignore', 'pipe', 'pipe'];

/** The package as it would be with another number. */
function copyPackage(folder: string, version: string): void {
  for (const part of ['dist', 'templates']) {
    cpSync(path.join(REPOSITORY, part), path.join(folder, part), {recursive: true});
  }
  const manifest = JSON.parse(readFileSync(path.join(REPOSITORY, 'package.json'), 'utf8'));
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({...manifest, version}));
  symlinkSync(path.join(REPOSITORY, 'node_modules'), path.join(folder, 'node_modules'));
}

function follow(child: ChildProcess, args: readonly string[]): RunningCommand {
  assert.ok(child.stdout && child.stderr);
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  createInterface({input: child.stdout}).on('line', text => {
    if (args.includes('--json')) checkJsonOutput(args, text);
    lines.push(text);
    for (const look of waiting) look();
  });
  const ended = once(child, 'close').then(([code]) => ({exitCode: code ?? 1, stdout: lines.join('\n'), stderr}));
  return {
    ended,
    signal: name => void child.kill(name),
    line: accept =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = lines.find(accept);
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        ended.then(result => reject(new Error(`it ended first: ${JSON.stringify(result)}`)));
        look();
      }),
  };
}
