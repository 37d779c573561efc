import path from 'node:path';
import type {Config} from '../../config/config.js';
import {decidePackageManager} from '../../config/dev-command.js';
import type {Framework, Production} from '../../config/framework.js';
import {fillCommand, findMain} from '../../config/main-command.js';
import type {ProjectFacts} from '../../config/project-facts.js';
import type {LinkedPackage, ProjectRoot} from './project-root.js';

/** One command of a build. A shell runs it. */
export type BuildStep = {
  /** For people: `build`, `packages/ui`. */
  readonly name: string;
  /** Relative to the root. */
  readonly directory: string;
  readonly line: string;
  /** An `install` gets the packages of the build, so that those of the project are not given to it. */
  readonly type: 'install' | 'build';
};

/** What is known of a project, for the decisions about its release. */
export type ProjectKnowledge = {
  readonly config: Config;
  readonly facts: ProjectFacts;
  readonly framework: Framework | undefined;
  readonly production: Production | undefined;
  readonly root: ProjectRoot;
};

/**
 * The commands that make a release's files, in order: `build_stages`, else `build` of tako.toml, else the script `build` of
 * package.json, after those of the workspace's packages that the app needs, else the framework's own. Empty: nothing is built.
 */
export function decideBuildSteps(known: ProjectKnowledge): readonly BuildStep[] {
  const {config, root} = known;
  if (config.buildStages.length > 0) return config.buildStages.flatMap((_, index) => stepsOfStage(known, index));
  const {install, run, cwd} = config.build;
  const directory = path.posix.join(root.directory, cwd);
  const installs: readonly BuildStep[] = install ? [{name: 'install', directory, line: install, type: 'install'}] : [];
  if (run) return [...installs, {name: 'build', directory, line: run, type: 'build'}];
  return [...installs, ...stepsOfPackages(known), ...findOwnBuild(known)];
}

function stepsOfStage({config, root}: ProjectKnowledge, index: number): readonly BuildStep[] {
  const stage = config.buildStages[index];
  if (!stage) return [];
  const name = stage.name ?? `stage ${index + 1}`;
  const directory = path.posix.join(root.directory, stage.cwd);
  return [
    ...(stage.install ? [{name: `${name}: install`, directory, line: stage.install, type: 'install'} as const] : []),
    {name, directory, line: stage.run, type: 'build'},
  ];
}

function stepsOfPackages(known: ProjectKnowledge): readonly BuildStep[] {
  return known.root.packages
    .filter(({folder, package: {scripts}}) => folder !== known.root.directory && scripts.build !== undefined)
    .map(({folder}) => ({name: folder, directory: folder, line: scriptLine(known), type: 'build'}));
}

function findOwnBuild(known: ProjectKnowledge): readonly BuildStep[] {
  const line = ownBuildLine(known);
  return line === undefined ? [] : [{name: 'build', directory: known.root.directory, line, type: 'build'}];
}

/** Scripts of a backend's package.json are about its assets, and its own build says when they run. */
function ownBuildLine(known: ProjectKnowledge): string | undefined {
  const {config, facts, framework, production} = known;
  const usesScripts = framework === undefined || framework.scripts.length > 0;
  if (usesScripts && facts.scripts.build !== undefined) return scriptLine(known);
  if (production?.build === undefined) return undefined;
  const main = findMain(config, facts, framework?.main ?? []);
  return fillCommand(['sh', '-c', production.build], main, facts)?.[2];
}

function scriptLine({config, facts}: ProjectKnowledge): string {
  const manager = decidePackageManager(config, facts);
  return manager === 'deno' ? 'deno task build' : `${manager} run build`;
}

/** Of the app and of what it needs of its workspace. */
export const runtimePackages = ({packages}: ProjectRoot): readonly LinkedPackage[] =>
  packages.filter(({isRuntime}) => isRuntime);
