import assert from 'node:assert/strict';
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {readdirSync, rmSync} from 'node:fs';
import path from 'node:path';
import {createInterface} from 'node:readline';
import type {Problem} from '../../../src/control/events.js';
import {checkJsonOutput} from '../json-output.js';
import type {Vps} from './vps.js';
import {createWorkplace, type Files, type Workplace} from './workplace.js';

// Somebody who deploys to one machine, and reads what the commands say with --json.

const CLI = path.resolve(import.meta.dirname, '../../../dist/cli.js');

/** A line that a command wrote with --json. */
export type Line = {
  readonly type?: string;
  readonly step?: string;
  readonly text?: string;
  readonly ok?: boolean;
  readonly error?: Problem;
  readonly servers?: readonly {
    readonly result: {readonly outcome: string; readonly step?: string; readonly problem?: Problem};
  }[];
};

export type Ended = {
  readonly code: number | null;
  /** Both outputs as they were written, but for the progress of an upload, which is long. */
  readonly output: string;
  readonly lines: readonly Line[];
};

/** A command under way. */
export type Command = {
  readonly child: ChildProcess;
  /** The first line of its JSON, past or to come, that is meant. Rejects when it ends without. */
  until(isMeant: (line: Line) => boolean): Promise<Line>;
  readonly ended: Promise<Ended>;
};

export type Deployer = Pick<Workplace, 'folder' | 'close'> & {
  /** Makes a project with these files. */
  project(files: Files): string;
  start(project: string, args: readonly string[], environment?: NodeJS.ProcessEnv): Command;
  run(project: string, ...args: string[]): Promise<Ended>;
  /** As `run`, of what has to succeed. */
  succeed(project: string, ...args: string[]): Promise<Ended>;
  /** What commands have left among temporary files and in the cache. */
  leftovers(): readonly string[];
  /** Takes away what a command that was killed could not take away itself. */
  tidy(): void;
};

export function createDeployer(vps: Vps): Deployer {
  // A cut is noticed after three seconds.
  const place = createWorkplace([vps], {TAKO_SSH_OPTIONS: '-o ServerAliveInterval=1 -o ConnectTimeout=2'});
  const {folder, home, temporary} = place;
  const running = new Set<ChildProcess>();
  let projects = 0;

  const start: Deployer['start'] = (cwd, args, environment = {}) => {
    const env = {...place.environment, ...environment};
    const child = spawn(process.execPath, [CLI, ...args], {cwd, env, stdio: ['ignore', 'pipe', 'pipe']});
    running.add(child);
    child.once('close', () => running.delete(child));
    return follow(child, args);
  };
  const run: Deployer['run'] = (project, ...args) => start(project, args).ended;
  return {
    folder,
    start,
    run,
    project: files => place.project(String(++projects), files),
    async succeed(project, ...args) {
      const ended = await run(project, ...args);
      assert.equal(ended.code, 0, ended.output);
      return ended;
    },
    leftovers: () => [
      ...readdirSync(temporary).filter(name => name !== 'node-compile-cache'),
      ...readdirSync(home, {recursive: true})
        .map(String)
        .filter(file => file.endsWith('.tmp')),
    ],
    tidy() {
      for (const name of readdirSync(temporary)) {
        rmSync(path.join(temporary, name), {recursive: true, force: true});
      }
    },
    close() {
      for (const child of running) child.kill('SIGKILL');
      place.close();
    },
  };
}

function follow(child: ChildProcess, args: readonly string[]): Command {
  assert.ok(child.stdout && child.stderr);
  const lines: Line[] = [];
  const looks = new Set<() => void>();
  let output = '';
  let isOver = false;
  const wake = (): void => {
    for (const look of looks) look();
  };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += String(chunk)));
  createInterface({input: child.stdout}).on('line', text => {
    if (args.includes('--json')) checkJsonOutput(args, text);
    if (text.startsWith('{')) lines.push(JSON.parse(text) as Line);
    wake();
  });
  const ended = once(child, 'close').then(([code]): Ended => {
    isOver = true;
    wake();
    return {code, output: output.replace(/^\{"type":"upload".*\n/gm, ''), lines};
  });
  return {
    child,
    ended,
    until: isMeant =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = lines.find(isMeant);
          if (!found && !isOver) return;
          looks.delete(look);
          if (found) resolve(found);
          else reject(new Error(`it ended before that: ${output}`));
        };
        looks.add(look);
        look();
      }),
  };
}

/** The one problem that a command ended with, as --json tells it. */
export function problemOf({code, lines, output}: Ended): Problem {
  assert.equal(code, 1, output);
  const last = lines.at(-1);
  assert.equal(last?.ok, false, output);
  const problem = last.error ?? last.servers?.[0]?.result.problem;
  assert.ok(problem, output);
  return problem;
}
