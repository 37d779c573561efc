// Several commands as root after one question: a root shell that lives as long as one plan is carried out, and is told each
// command when its turn comes. Nothing of tako itself runs as root, and when tako dies, the shell reads its end and ends too.

import {type ChildProcessWithoutNullStreams, spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import {TakoError} from './error.js';
import {type CommandResult, quoteWord, type Run, type ShellCommand} from './exec.js';

export type Elevation = {
  /**
   * Runs elevated commands in the one root shell, asking for it before the first; all others as `run` does. What an
   * elevated command writes to stderr is in `stdout`, in the order it was written. Throws ELEVATION_REFUSED and TOOL_MISSING.
   */
  readonly run: Run;
  close(): void;
};

export type ElevationOptions = {
  /** For what needs no rights. */
  readonly run: Run;
  readonly isRoot: boolean;
  /** Tried in this order; each is told the shell to start. */
  readonly programs?: readonly string[];
  /** Where the program that asks for a password may say something. */
  readonly say?: (text: string) => void;
};

/** `doas` is what Alpine and OpenBSD have. */
const PROGRAMS = ['sudo', 'doas'] as const;

export function createElevation({run, isRoot, programs = PROGRAMS, say = writeToStderr}: ElevationOptions): Elevation {
  let shell: Promise<RootShell> | undefined;
  return {
    async run(command, options = {}) {
      if (isRoot || command.elevated !== true) return run(command, options);
      shell ??= openRootShell(programs, say);
      return (await shell).run(command, options.input);
    },
    close() {
      shell?.then(opened => opened.close()).catch(() => undefined);
      shell = undefined;
    },
  };
}

const writeToStderr = (text: string): void => void process.stderr.write(text);

type RootShell = {run(command: ShellCommand, input: string | undefined): Promise<CommandResult>; close(): void};

/** The first program that is installed decides. */
async function openRootShell(programs: readonly string[], say: (text: string) => void): Promise<RootShell> {
  for (const program of programs) {
    const child = await start(program);
    if (child) return shellOf(program, child, say);
  }
  throw new TakoError(
    'ELEVATION_REFUSED',
    `administrator rights are needed, and there is no ${programs.join(' or ')}`,
    {
      hint: 'install sudo, or run the command again as root',
    },
  );
}

/** Undefined when there is no such program. */
function start(program: string): Promise<ChildProcessWithoutNullStreams | undefined> {
  return new Promise(resolve => {
    const child = spawn(program, program === 'sudo' ? ['--', 'sh'] : ['sh']);
    child.once('error', () => resolve(undefined));
    child.once('spawn', () => resolve(child));
  });
}

async function shellOf(
  program: string,
  child: ChildProcessWithoutNullStreams,
  say: (text: string) => void,
): Promise<RootShell> {
  const said: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.push(text);
    say(text);
  });
  const closed = once(child, 'close');
  // A shell that was refused is gone before it reads what it is told.
  child.stdin.on('error', () => undefined);
  const answers = createInterface({input: child.stdout})[Symbol.asyncIterator]();
  const ask = async (line: string): Promise<string> => {
    child.stdin.write(`${line}\n`);
    const {value, done} = await answers.next();
    if (done) {
      await closed;
      throw refused(program, said.join('').trim());
    }
    return value;
  };
  await ask('umask 022; echo ready');
  let last: Promise<unknown> = Promise.resolve();
  return {
    run(command, input) {
      const result = last.then(async () => parseAnswer(command, await ask(scriptOf(command, input))));
      last = result.catch(() => undefined);
      return result;
    },
    close: () => void child.stdin.end(),
  };
}

/** One line that is answered with one: what the command wrote, in base64, and its exit code. */
function scriptOf({file, args}: ShellCommand, input: string | undefined): string {
  const words = [file, ...args].map(quoteWord).join(' ');
  const source = input === undefined ? '' : `printf %s ${Buffer.from(input).toString('base64')} | base64 -d | `;
  const end = input === undefined ? ' </dev/null' : '';
  return `out=$(${source}${words} 2>&1${end}); code=$?; printf '%s ' $code; printf %s "$out" | base64 | tr -d '\\n'; echo`;
}

/** What a shell says of a program that is not there (POSIX.1-2024, 2.8.2). */
const NOT_FOUND = 127;

function parseAnswer({file}: ShellCommand, line: string): CommandResult {
  const [code = '1', output = ''] = line.split(' ');
  if (Number(code) === NOT_FOUND) throw new TakoError('TOOL_MISSING', `${file} is not installed`);
  return {exitCode: Number(code), stdout: Buffer.from(output, 'base64').toString(), stderr: ''};
}

const refused = (program: string, said: string): TakoError =>
  new TakoError('ELEVATION_REFUSED', 'administrator rights were refused, and nothing more was changed', {
    hint: 'run the command again from an account that may use sudo',
    details: said === '' ? [`${program} ended without a word`] : said.split('\n'),
  });
