import type {Command, Config} from '../../config/config.js';
import {decideDevCommand, decidePackageManager} from '../../config/dev-command.js';
import {decideFramework} from '../../config/frameworks.js';
import type {ProjectFacts} from '../../config/project-facts.js';
import {TakoError} from '../../system/error.js';

/** What the files of a project show, as far as `tako init` tells of it. */
export type ProjectKind = {
  /** For people: `Next.js`. */
  readonly framework: string | undefined;
  /** `node`, `python`, `go`. */
  readonly runtime: string | undefined;
  /** Undefined: it has no package.json. */
  readonly packageManager: string | undefined;
  /** What `tako dev` runs. Undefined: nothing says it. */
  readonly dev: Command | undefined;
};

/** Throws PRESET_UNKNOWN. */
export function describeProject(config: Config, facts: ProjectFacts): ProjectKind {
  const framework = decideFramework(config, facts);
  const dev = findDevCommand(config, facts);
  return {
    framework: framework?.name,
    runtime: config.runtime?.id ?? runtimeOf(facts, dev),
    packageManager: facts.files.includes('package.json') ? decidePackageManager(config, facts) : undefined,
    dev,
  };
}

function findDevCommand(config: Config, facts: ProjectFacts): Command | undefined {
  try {
    return decideDevCommand(config, facts).argv;
  } catch (error) {
    if (error instanceof TakoError && error.code === 'NO_DEV_COMMAND') return undefined;
    throw error;
  }
}

/** By the language of what it names; an app in Python may have a package.json for its assets. */
function runtimeOf({packages, files, lockfile}: ProjectFacts, dev: Command | undefined): string | undefined {
  const foreign = FOREIGN.find(
    ([kind, file]) => packages[kind].length > 0 || (file !== undefined && files.includes(file)),
  );
  if (foreign) return foreign[2];
  if (files.includes('go.mod')) return 'go';
  if (lockfile === 'bun' || files.includes('bunfig.toml') || dev?.[0] === 'bun') return 'bun';
  if (files.includes('package.json') || dev?.[0] === 'node') return 'node';
  if (files.some(file => /^deno\.(?:jsonc?|lock)$/.test(file))) return 'deno';
  return files.some(file => file.endsWith('.py')) ? 'python' : undefined;
}

const FOREIGN = [
  ['python', 'requirements.txt', 'python'],
  ['gem', 'Gemfile', 'ruby'],
  ['composer', 'artisan', 'php'],
  ['hex', 'mix.exs', 'elixir'],
  ['cargo', 'Cargo.toml', 'rust'],
  ['java', 'pom.xml', 'java'],
] as const satisfies readonly (readonly [keyof ProjectFacts['packages'], string | undefined, string])[];
