import assert from 'node:assert/strict';
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, realpathSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {onTestFinished} from 'vitest';
import type {Problem} from '../../src/control/events.js';
import {createProject, type TestProject} from '../helpers/project.js';
import type {CommandResult} from '../helpers/tako.js';

export const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');

/** A new folder that goes with the test. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'tako-commands-')));
  onTestFinished(() => rmSync(folder, {recursive: true, force: true}));
  return folder;
}

/** Says three lines, is ready, and runs on. */
export const TALKER = ['sh', '-c', 'for n in 1 2 3; do echo line $n; done; echo 4000 >&4; exec sleep 600'];

/** A project whose app talks and is ready at once; it goes with the test. */
export function talkingProject(name: string, command: readonly string[] = TALKER): TestProject {
  const project = createProject(name);
  onTestFinished(project.remove);
  project.write('tako.toml', `name = "${name}"\ndev = ${JSON.stringify(command)}\n`);
  return project;
}

export type StartOptions = {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** In a process group of its own, so that all of it can be signalled. */
  readonly detached?: boolean;
};

export type Running = {
  readonly child: ChildProcess;
  /** What it has written so far, on both streams. */
  output(): string;
  /** Resolves once the output has this text; rejects when it ends without. */
  until(text: string): Promise<void>;
  readonly ended: Promise<CommandResult>;
};

/** Starts any program, to be watched while it runs. It is killed when the test is over. */
export function start(command: readonly [string, ...string[]], options: StartOptions = {}): Running {
  const [file, ...args] = command;
  const child = spawn(file, args, {...options, stdio: ['pipe', 'pipe', 'pipe']});
  const written = {stdout: '', stderr: ''};
  const watchers = new Set<() => void>();
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', text => {
      written[stream] += text;
      for (const look of watchers) look();
    });
  }
  // What it does not read any more.
  child.stdin.on('error', () => undefined);
  const ended = once(child, 'close').then(([code]): CommandResult => ({code, ...written}));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const output = (): string => written.stdout + written.stderr;
  return {
    child,
    output,
    ended,
    until: text =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!output().includes(text)) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        ended.then(() => reject(new Error(`it ended without ${JSON.stringify(text)}: ${output()}`)));
        look();
      }),
  };
}

export const cli = (...args: readonly string[]): [string, ...string[]] => [process.execPath, CLI, ...args];

/** The error of a command with `--json` that failed: one line, and nothing else on stdout. */
export function errorOf({stdout}: CommandResult): Problem {
  assert.equal(stdout.trimEnd().split('\n').length, 1, stdout);
  const {ok, error, ...rest} = JSON.parse(stdout);
  assert.deepEqual([ok, rest], [false, {}]);
  assert.deepEqual(Object.keys(error).sort(), ['code', 'details', 'hint', 'message']);
  return error;
}

/** What a command with `--json` that worked printed. */
export function documentOf({code, stdout, stderr}: CommandResult): Record<string, unknown> {
  assert.equal(code, 0, stderr + stdout);
  const document = JSON.parse(stdout);
  assert.equal(document.ok, true);
  return document;
}
