import path from 'node:path';
import type {Command, Named} from '../../config/config.js';
import {exists} from '../../config/folders.js';
import {fillCommand, findMain, findScriptMain, launchCommand} from '../../config/main-command.js';
import {reloadsOf} from '../../config/script-text.js';
import {TakoError} from '../../system/error.js';
import {type BuildStep, decideBuildSteps, type ProjectKnowledge, runtimePackages} from './build-steps.js';
import {findStandaloneServer} from './next-standalone.js';
import {parseSimpleLine} from './shell-line.js';
import {resolveStart, type StartCommand, type StartContext} from './start-command.js';
import {fileOf} from './start-problems.js';

/** How a project is built and run on a server. */
export type ProductionCommand = {
  readonly build: readonly BuildStep[];
  /** Undefined: nothing runs, the assets are all there is. */
  readonly start: StartCommand | undefined;
  /** Folders in the app's own whose files are served as they are, the later before the earlier; `*` is any name. */
  readonly assets: readonly string[];
  /** Path to the folder that is served below it. */
  readonly mounts: Named<string>;
  readonly fallback: string | null;
  /** Paths in the app's folder that a release needs. Empty: everything. */
  readonly files: readonly string[];
  /** Whether the packages of package.json travel with it. */
  readonly needsPackages: boolean;
};

/**
 * Decides for a project as it is. The start command is the first of: `start` of tako.toml; a `start` script that runs the
 * project's own program by Node; the framework's; the `start` script; `main`. Throws NO_START_COMMAND, NOT_DEPLOYABLE, and
 * what resolveStart throws.
 */
export async function decideProductionCommand(known: ProjectKnowledge): Promise<ProductionCommand> {
  const {config, facts, framework, production} = known;
  const start = await decideStart(known);
  const main = findMain(config, facts, framework?.main ?? []);
  const ofFramework = (production?.assets ?? []).map(folder => pagesIn(fillFolder(folder, main), start));
  const isProfile = start === undefined || start.origin === framework?.name;
  return {
    build: decideBuildSteps(known),
    start,
    assets: [...ofFramework, ...config.assets],
    mounts: production?.mounts ?? {},
    fallback: start === undefined ? (production?.fallback ?? null) : null,
    files: isProfile ? (production?.files ?? []) : [],
    needsPackages: start !== undefined && !hasPackages(start) && (!isProfile || (production?.needsPackages ?? true)),
  };
}

/** Where the program that runs is in the folder of pages too, they are in one of their own there, as builds with both have it. */
function pagesIn(folder: string, start: StartCommand | undefined): string {
  const file = start && path.posix.normalize(fileOf(start.argv) ?? '.');
  return file?.startsWith(`${folder}/`) ? `${folder}/client` : folder;
}

/** What Next's `output: "standalone"` and Nitro build has the packages it needs beside it. */
const hasPackages = ({argv}: StartCommand): boolean =>
  /^(?:\.\/)?(?:\.next\/standalone|\.output)\//.test(fileOf(argv) ?? '');

const fillFolder = (folder: string, main: string | undefined): string =>
  folder.replace('{folder}', main === undefined ? '.' : path.posix.dirname(main));

/** What start commands of a project are resolved with; `root` is where its packages are looked for. */
export function startContext({facts, root}: ProjectKnowledge, folder = root.root): StartContext {
  return {
    place: {root: folder, directory: path.join(folder, root.directory)},
    scripts: facts.scripts,
    packages: [...new Set(runtimePackages(root).flatMap(({package: {dependencies}}) => Object.keys(dependencies)))],
    developmentPackages: Object.keys(facts.devDependencies),
  };
}

async function decideStart(known: ProjectKnowledge): Promise<StartCommand | undefined> {
  const {config, framework, production} = known;
  const context = startContext(known);
  if (config.start) return resolveStart(config.start, 'tako.toml', context);
  const own = config.preset === undefined ? await findOwnServer(known) : undefined;
  if (own !== undefined) return resolveScript(own, context);
  if (production?.refusal !== undefined) throw notDeployable(framework?.name ?? config.name, production.refusal);
  const ofFramework = await findFrameworkStart(known, context);
  if (ofFramework) return ofFramework;
  if ((production?.assets.length ?? 0) > 0) return undefined;
  return findOther(known, context);
}

/** Best first: `start` is often the command of development where there is another one for production. */
const START_SCRIPTS = ['start:prod', 'start:production', 'start'] as const;

/** Folders that builds write into: a file there is not yet there. */
const BUILT = /^(?:\.\/)?(?:dist|build|out|lib|\.next|\.output|\.nuxt|\.svelte-kit)\//;

/** A script that runs a server of the project's own goes before the framework's: it may be built around it. */
async function findOwnServer({facts, root}: ProjectKnowledge): Promise<string | undefined> {
  for (const name of START_SCRIPTS) {
    const line = facts.scripts[name];
    const words = line === undefined || reloadsOf(line) !== 'nothing' ? undefined : parseSimpleLine(line)?.words;
    const file = words?.[0] === 'node' ? words.slice(1).find(word => !word.startsWith('-')) : undefined;
    if (file !== undefined && (await isServerFile(path.join(root.root, root.directory), file))) return name;
  }
  return undefined;
}

async function isServerFile(directory: string, file: string): Promise<boolean> {
  if (BUILT.test(file)) return true;
  const candidates = [file, `${file}.js`, `${file}.mjs`, `${file}.cjs`].map(name => path.join(directory, name));
  return (await Promise.all(candidates.map(exists))).includes(true);
}

async function findFrameworkStart(known: ProjectKnowledge, context: StartContext): Promise<StartCommand | undefined> {
  const {config, facts, framework, production} = known;
  if (!framework || !production?.start) return undefined;
  const standalone = await findStandaloneServer(known);
  if (standalone) {
    const start = await resolveStart(['node', standalone.file], framework.name, context);
    return {...start, variables: {...standalone.variables, ...start.variables}};
  }
  const argv = fillCommand(production.start, findMain(config, facts, framework.main), facts);
  if (!argv) return undefined;
  const start = await resolveStart(argv, framework.name, context);
  return {...start, variables: {...production.environment, ...start.variables}};
}

async function findOther(known: ProjectKnowledge, context: StartContext): Promise<StartCommand | undefined> {
  const {config, facts} = known;
  const script = [...START_SCRIPTS, 'serve'].find(name => facts.scripts[name] !== undefined);
  if (script !== undefined) return resolveScript(script, context);
  const main = findScriptMain(config, facts);
  if (main !== undefined) {
    const argv = launchCommand(config, facts, main).map(word => fromApp(known, word)) as unknown as Command;
    return resolveStart(argv, config.main === undefined ? main : 'main in tako.toml', context);
  }
  if (config.assets.length > 0) return undefined;
  throw noStartCommand(Object.keys(facts.scripts));
}

/** The package's own program is named by its place on this machine. */
function fromApp({root}: ProjectKnowledge, word: string): string {
  if (!word.startsWith(`${root.root}${path.sep}`)) return word;
  return path.relative(path.join(root.root, root.directory), word);
}

const resolveScript = (name: string, context: StartContext): Promise<StartCommand> =>
  resolveStart(['npm', 'run', name], `scripts.${name} in package.json`, context);

const notDeployable = (name: string, refusal: string): TakoError =>
  new TakoError('NOT_DEPLOYABLE', `this ${name} app cannot run on a server of your own as it is`, {hint: refusal});

const noStartCommand = (scripts: readonly string[]): TakoError =>
  new TakoError('NO_START_COMMAND', 'nothing says how a release of this app is started', {
    hint: 'write it into tako.toml, as in start = ["node", "server.js"]; for an app without a server, assets = ["dist"]',
    details: scripts.length > 0 ? [`scripts in package.json: ${scripts.join(', ')}`] : [],
  });

/** Variables that a release has by itself, below those of tako.toml. */
export const startVariables = (start: StartCommand | undefined): Named<string> => ({
  NODE_ENV: 'production',
  ...start?.variables,
});
