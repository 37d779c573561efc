import {TakoError} from '../system/error.js';
import type {Command, Config} from './config.js';
import {DEFAULT_SCRIPTS, type Framework, RELOADS, type Reloads} from './framework.js';
import {decideFramework, speaksContract} from './frameworks.js';
import {fillCommand, findMain, findScriptMain, launchCommand} from './main-command.js';
import type {ProjectFacts} from './project-facts.js';
import {endsWithCommand, expandScript, reloadsOf, startsTako} from './script-text.js';
import {isCommand} from './value.js';

export type DevCommand = {
  readonly argv: Command;
  /** Where it comes from, for people: `tako.toml`, `scripts.dev in package.json`. */
  readonly origin: string;
  /** What it runs in the end, as text: for a script, that of the script and of those it calls. */
  readonly text: string;
};

/**
 * What `tako dev` runs: the words on the command line, else `dev` of tako.toml, else the `preset`'s, else a script of
 * package.json, else the command of the framework that was found, else a task of Deno, else `main` or a file that looks
 * like one. Throws PRESET_UNKNOWN or NO_DEV_COMMAND, each with what to write instead.
 */
export function decideDevCommand(config: Config, facts: ProjectFacts, words: readonly string[] = []): DevCommand {
  if (isCommand(words)) return asIs(words, 'command line');
  if (config.dev) return asIs(config.dev, 'tako.toml');
  const framework = decideFramework(config, facts);
  const ofFramework = (): DevCommand | undefined => findFrameworkCommand(config, facts, framework);
  const found =
    (config.preset === undefined ? undefined : ofFramework()) ??
    findScript(config, facts, framework) ??
    ofFramework() ??
    findDenoTask(facts) ??
    findLaunch(config, facts);
  if (found) return found;
  throw noDevCommand(facts, framework);
}

/** What the command applies of an edit by itself: as its words show, or as its framework is known to do. */
export function decideReloads({text}: DevCommand, framework: Framework | undefined): Reloads {
  const shown = reloadsOf(text);
  const known = framework?.reloads ?? 'nothing';
  return RELOADS.indexOf(shown) > RELOADS.indexOf(known) ? shown : known;
}

/** What runs scripts: as configured, else as package.json says, else the lockfile's, else the runtime's own. */
export function decidePackageManager({packageManager, runtime}: Config, facts: ProjectFacts): string {
  const named = /^[a-z][\w-]*/.exec(facts.packageManager ?? '')?.[0];
  const ofRuntime = runtime?.id === 'bun' || runtime?.id === 'deno' ? runtime.id : 'npm';
  return packageManager?.id ?? named ?? facts.lockfile ?? ofRuntime;
}

function asIs(argv: Command, origin: string): DevCommand {
  const [shell, option, line] = argv;
  return {argv, origin, text: shell === 'sh' && option === '-c' && line !== undefined ? line : argv.join(' ')};
}

function findScript(config: Config, facts: ProjectFacts, framework: Framework | undefined): DevCommand | undefined {
  const name = (framework?.scripts ?? DEFAULT_SCRIPTS).find(name => {
    const text = expandScript(facts.scripts, name);
    return text !== '' && !startsTako(text);
  });
  return name === undefined
    ? undefined
    : {
        argv: [...scriptCommand(config, facts, name), ...scriptArguments(config, facts, framework, name)] as Command,
        origin: `scripts.${name} in package.json`,
        text: expandScript(facts.scripts, name),
      };
}

/**
 * Package managers close every descriptor above 2, and with them the one on which an app of Tako's contract says that it
 * listens. Its script is therefore run as they would run it, by a shell, unless scripts around it are to run too.
 */
function scriptCommand(config: Config, facts: ProjectFacts, name: string): Command {
  const {[name]: script = '', [`pre${name}`]: before, [`post${name}`]: after} = facts.scripts;
  if (speaksContract(config, facts) && before === undefined && after === undefined) return ['sh', '-c', script];
  const packageManager = decidePackageManager(config, facts);
  return [packageManager, packageManager === 'deno' ? 'task' : 'run', name];
}

/** As the package manager takes them: npm keeps for itself what is not behind `--`, and the others pass that on. */
function scriptArguments(
  config: Config,
  facts: ProjectFacts,
  framework: Framework | undefined,
  name: string,
): readonly string[] {
  const {scriptArguments: wanted} = framework ?? {};
  if (wanted === undefined || speaksContract(config, facts)) return [];
  if (!endsWithCommand(facts.scripts[name] ?? '', wanted.after)) return [];
  if (majorOf({...facts.dependencies, ...facts.devDependencies}[wanted.name]) < wanted.since) return [];
  return decidePackageManager(config, facts) === 'npm' ? ['--', ...wanted.add] : wanted.add;
}

/** Of a range of versions; one that names none means the newest. */
const majorOf = (range: string | undefined): number => Number(/\d+/.exec(range ?? '')?.[0] ?? Number.POSITIVE_INFINITY);

function findFrameworkCommand(
  config: Config,
  facts: ProjectFacts,
  framework: Framework | undefined,
): DevCommand | undefined {
  if (!framework?.dev) return undefined;
  const argv = fillCommand(framework.dev, findMain(config, facts, framework.main), facts);
  return argv && asIs(argv, framework.name);
}

const findDenoTask = ({denoTasks}: ProjectFacts): DevCommand | undefined =>
  denoTasks.includes('dev') ? asIs(['deno', 'task', 'dev'], 'task dev in deno.json') : undefined;

function findLaunch(config: Config, facts: ProjectFacts): DevCommand | undefined {
  const main = findScriptMain(config, facts);
  if (main === undefined) return undefined;
  return asIs(launchCommand(config, facts, main), config.main === undefined ? main : 'main in tako.toml');
}

function noDevCommand({malformed, scripts, files}: ProjectFacts, framework: Framework | undefined): TakoError {
  const names = Object.keys(scripts);
  return new TakoError('NO_DEV_COMMAND', 'nothing says how to start this app', {
    hint: 'write the command after tako dev, as in "tako dev node server.js", or into tako.toml, as in dev = ["node", "server.js"]',
    details: [
      ...(framework ? [`it looks like ${framework.name}, but no file looks like its entry`] : []),
      ...(names.length > 0 ? [`scripts in package.json: ${names.join(', ')}`] : []),
      ...programsOf(files).map(folder => `a program: tako dev go run ./${folder}`),
      ...malformed.map(name => `${name} was skipped: it cannot be read`),
    ],
  });
}

/** Of a Go module with several programs. */
const programsOf = (files: readonly string[]): readonly string[] =>
  files.includes('go.mod') ? files.filter(file => file.startsWith('cmd/')) : [];
