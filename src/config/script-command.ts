// How a file of code, or some code, is run once by itself, without the program that serves an app.

import path from 'node:path';
import type {Command, Config} from './config.js';
import {launchCommand, runtimeOf} from './main-command.js';
import type {ProjectFacts} from './project-facts.js';

const JAVASCRIPT = /^\.[cm]?[jt]sx?$/;
const JAVASCRIPT_RUNTIMES = ['node', 'bun', 'deno'];

/** Whose files are run as they are written, whatever else the project is made with. */
const SINGLE_FILES: Readonly<Record<string, (file: string) => Command>> = {
  '.go': file => ['go', 'run', file],
  '.rb': file => ['ruby', file],
  '.php': file => ['php', file],
  '.sh': file => ['sh', file],
};

/** Whether a file is one of code, by its name. */
export function isScript(file: string): boolean {
  const extension = path.extname(file);
  return JAVASCRIPT.test(extension) || extension === '.py' || Object.hasOwn(SINGLE_FILES, extension);
}

/** Runs a script by what the project runs its own code with. Undefined: that cannot run it. */
export function scriptCommand(config: Config, facts: ProjectFacts, file: string): Command | undefined {
  const extension = path.extname(file);
  const single = SINGLE_FILES[extension];
  if (single) return single(file);
  if (extension === '.py') return [...facts.python, '-u', file];
  const runtime = javascriptRuntime(config, facts);
  // Node takes the types out of a file, but does not translate JSX.
  const hasJsx = /x$/.test(extension);
  if (hasJsx && runtime === 'node' && !facts.packages.npm.includes('tsx')) return undefined;
  return launchCommand(...withoutServer(config, facts, runtime), file);
}

/** Runs code in the language of the project; the words are its arguments. Undefined: the language has no such thing. */
export function evalCommand(
  config: Config,
  facts: ProjectFacts,
  code: string,
  words: readonly string[],
): Command | undefined {
  const runtime = config.runtime?.id ?? ownRuntime(facts);
  switch (runtime) {
    case 'go':
      return undefined;
    case 'python':
      return [...facts.python, '-c', code, ...words];
    case 'bun':
      return ['bun', '-e', code, ...words];
    case 'deno':
      return ['deno', 'eval', '--ext=ts', code, ...words];
    default:
      // Behind the dashes a word is never one of Node's own options.
      return [
        facts.packages.npm.includes('tsx') ? 'tsx' : 'node',
        '-e',
        code,
        ...(words.length > 0 ? ['--', ...words] : []),
      ];
  }
}

/** Of a project whose tako.toml does not say it. */
function ownRuntime(facts: ProjectFacts): string {
  const {files, packages} = facts;
  if (files.includes('package.json')) return runtimeOf(facts);
  if (files.includes('go.mod')) return 'go';
  return packages.python.length > 0 ? 'python' : runtimeOf(facts);
}

const javascriptRuntime = ({runtime}: Config, facts: ProjectFacts): string =>
  runtime && JAVASCRIPT_RUNTIMES.includes(runtime.id) ? runtime.id : runtimeOf(facts);

/** An app that only exports a handler is started by a program of Tako's package; a script is not such an app. */
function withoutServer(config: Config, facts: ProjectFacts, runtime: string): [Config, ProjectFacts] {
  return [
    {...config, runtime: {id: runtime, version: undefined}},
    {...facts, launchers: {node: undefined, bun: undefined, deno: undefined}},
  ];
}
