import {TakoError} from '../system/error.js';
import type {Command, Config} from './config.js';
import type {ProjectFacts} from './project-facts.js';
import {isCommand} from './value.js';

export type DevCommand = {
  readonly argv: Command;
  /** Where it comes from, for people: `tako.toml`, `scripts.dev in package.json`. */
  readonly origin: string;
};

/**
 * What `tako dev` runs: the words on the command line, else `dev` of tako.toml, else what the project's files suggest.
 * Throws PRESET_NOT_AVAILABLE, MAIN_NEEDS_LAUNCHER or NO_DEV_COMMAND, each with what to write instead.
 */
export function decideDevCommand(config: Config, facts: ProjectFacts, words: readonly string[] = []): DevCommand {
  if (isCommand(words)) return {argv: words, origin: 'command line'};
  if (config.dev) return {argv: config.dev, origin: 'tako.toml'};
  if (config.preset !== undefined) throw presetNotAvailable(config.preset);
  const found = findScript('dev', config, facts) ?? findScript('start', config, facts) ?? findToolCommand(facts);
  if (found) return found;
  throw config.main === undefined ? noDevCommand(facts) : mainNeedsLauncher(config.main);
}

/** What runs scripts: as configured, else as package.json says, else the lockfile's, else the runtime's own. */
export function decidePackageManager({packageManager, runtime}: Config, facts: ProjectFacts): string {
  const named = /^[a-z][\w-]*/.exec(facts.packageManager ?? '')?.[0];
  const ofRuntime = runtime?.id === 'bun' || runtime?.id === 'deno' ? runtime.id : 'npm';
  return packageManager?.id ?? named ?? facts.lockfile ?? ofRuntime;
}

function findScript(name: string, config: Config, facts: ProjectFacts): DevCommand | undefined {
  const script = facts.scripts[name];
  if (!script || startsTako(script)) return undefined;
  const packageManager = decidePackageManager(config, facts);
  const verb = packageManager === 'deno' ? 'task' : 'run';
  return {argv: [packageManager, verb, name], origin: `scripts.${name} in package.json`};
}

// A script that is `tako dev` itself would start itself for ever.
const startsTako = (script: string): boolean => /\btako(?:\.sh)?\s+dev\b/.test(script);

function findToolCommand({hasGoMod, denoTasks}: ProjectFacts): DevCommand | undefined {
  if (hasGoMod) return {argv: ['go', 'run', '.'], origin: 'go.mod'};
  return denoTasks.includes('dev') ? {argv: ['deno', 'task', 'dev'], origin: 'task dev in deno.json'} : undefined;
}

const presetNotAvailable = (preset: string): TakoError =>
  new TakoError('PRESET_NOT_AVAILABLE', `preset "${preset}" is not available in this version`, {
    hint: 'write the command into tako.toml, as in dev = ["vite", "dev"]',
  });

const mainNeedsLauncher = (main: string): TakoError =>
  new TakoError('MAIN_NEEDS_LAUNCHER', `main = "${main}" cannot be started by itself in this version`, {
    hint: `write the command into tako.toml, as in dev = ["node", "${main}"]`,
  });

function noDevCommand({hasManagePy, malformed}: ProjectFacts): TakoError {
  const example = hasManagePy ? '["python", "manage.py", "runserver"]' : '["node", "server.js"]';
  return new TakoError('NO_DEV_COMMAND', 'nothing says how to start this app', {
    hint: `write dev = ${example} into tako.toml, or the command after tako dev`,
    details: malformed.map(name => `${name} was skipped: it is not valid JSON`),
  });
}
