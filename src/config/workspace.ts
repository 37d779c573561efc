import {stat} from 'node:fs/promises';
import {homedir} from 'node:os';
import path from 'node:path';
import {exists, listFolder, projectFolders, readTextIfReadable} from './folders.js';
import {DEFAULT_SCRIPTS, type Framework} from './framework.js';
import {detectFramework} from './frameworks.js';
import {CONFIG_FILE} from './load-project.js';
import {MANIFESTS} from './manifests.js';
import {parsePackageJson} from './package-json.js';
import {parseConfig} from './parse-config.js';
import {hasWildcard, matchesPath, matchesSegment, type PathPattern, parsePathPatterns} from './path-pattern.js';
import {type ProjectFacts, readProjectFacts} from './project-facts.js';
import {findFallbackName} from './project-name.js';
import {expandScript, servesRequests, startsTako} from './script-text.js';

/** The folders of a repository that belong together, as npm, pnpm, Yarn and Bun have them. */
export type Workspace = {
  /** The folder with the patterns. */
  readonly root: string;
  /** As they are written; a `!` in front takes folders out. */
  readonly patterns: readonly string[];
  /** With pnpm, what is taken out stays out; elsewhere the last pattern that fits decides. */
  readonly isPnpm: boolean;
  /** Whether Turborepo runs its scripts. */
  readonly usesTurbo: boolean;
};

export type WorkspaceApp = {
  /** Of its tako.toml, else of its package.json, else of its folder. */
  readonly name: string;
  readonly directory: string;
  /** Undefined: it has no tako.toml. */
  readonly configFile: string | undefined;
};

/** The workspace whose root the folder is. */
export async function readWorkspace(root: string): Promise<Workspace | undefined> {
  const pnpm = await parsePnpmWorkspace(await readTextIfReadable(path.join(root, 'pnpm-workspace.yaml')));
  const patterns =
    pnpm ?? parsePackageJson((await readTextIfReadable(path.join(root, 'package.json'))) ?? '')?.workspaces;
  if (!patterns) return undefined;
  return {root, patterns, isPnpm: pnpm !== undefined, usesTurbo: await exists(path.join(root, 'turbo.json'))};
}

/** The workspace that a folder belongs to, as its root or as one of its folders. */
export async function findWorkspace(directory: string, home = homedir()): Promise<Workspace | undefined> {
  for (const root of await projectFolders(directory, home)) {
    const workspace = await readWorkspace(root);
    if (workspace && (root === directory || isMember(workspace, directory))) return workspace;
  }
  return undefined;
}

/**
 * The apps of a workspace, by folder: those with a tako.toml, and those whose script or framework serves requests; libraries are
 * left out. The root itself is not among them. Empty: no workspace, or none with an app.
 */
export async function findWorkspaceApps(root: string, home = homedir()): Promise<readonly WorkspaceApp[]> {
  const workspace = await readWorkspace(root);
  const folders = workspace ? await findMembers(workspace) : [];
  const apps = await Promise.all(folders.map(folder => readApp(path.join(root, folder), home)));
  return apps.filter(app => app !== undefined);
}

/** The `packages` of a pnpm-workspace.yaml. Undefined: there is no such file, or it has none: then it only has settings. */
export async function parsePnpmWorkspace(text: string | undefined): Promise<readonly string[] | undefined> {
  if (text === undefined) return undefined;
  const content = await parseYamlObject(text);
  const packages: unknown = content?.packages;
  return Array.isArray(packages) ? packages.filter(pattern => typeof pattern === 'string') : undefined;
}

async function parseYamlObject(text: string): Promise<Record<string, unknown> | undefined> {
  // Loaded here, as most projects have no YAML that tako reads.
  const {parse} = await import('yaml');
  try {
    const content: unknown = parse(text, {logLevel: 'error'});
    return typeof content === 'object' && content !== null ? (content as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

type Rule = {readonly isNegated: boolean; readonly patterns: readonly PathPattern[]};

function rulesOf({patterns, isPnpm}: Workspace): readonly Rule[] {
  const rules = patterns.map(text => {
    const isNegated = text.startsWith('!');
    return {isNegated, patterns: parsePathPatterns(isNegated ? text.slice(1) : text)};
  });
  const inOrder = (negated: boolean): readonly Rule[] => rules.filter(({isNegated}) => isNegated === negated);
  return isPnpm ? [...inOrder(false), ...inOrder(true)] : rules;
}

/** Whether a folder is one of the workspace, by its path alone. */
export function isMember(workspace: Workspace, directory: string): boolean {
  const segments = path.relative(workspace.root, directory).split(path.sep);
  if (segments.includes('..') || segments.includes('node_modules') || segments[0] === '') return false;
  const fits = ({patterns}: Rule): boolean => patterns.some(pattern => matchesPath(pattern, segments));
  return rulesOf(workspace).findLast(fits)?.isNegated === false;
}

/** Limits of the search, far above what workspaces are: a wrong pattern must not read a whole disk. */
const MAX_DEPTH = 8;
const MAX_FOLDERS = 5000;
const MAX_MEMBERS = 500;

/** The folders of a workspace that are there, relative to its root, by name. */
export async function findMembers(workspace: Workspace): Promise<readonly string[]> {
  const found = new Set<string>();
  const search = {root: workspace.root, found, foldersLeft: MAX_FOLDERS};
  for (const {isNegated, patterns} of rulesOf(workspace)) {
    if (isNegated) continue;
    for (const pattern of patterns) await walk(search, [], pattern);
  }
  const members = [...found].filter(folder => isMember(workspace, path.join(workspace.root, folder)));
  return members.sort().slice(0, MAX_MEMBERS);
}

/** What a folder has that is a project of its own; `**` also reaches those that are only a part of one. */
const PROJECT_FILES: ReadonlySet<string> = new Set([
  'package.json',
  CONFIG_FILE,
  'go.mod',
  ...MANIFESTS.map(({file}) => file),
]);

type Search = {readonly root: string; readonly found: Set<string>; foldersLeft: number};

/** Goes down the folders that the rest of the pattern can still reach. */
async function walk(search: Search, at: readonly string[], [segment, ...rest]: PathPattern): Promise<void> {
  if (segment === undefined) {
    if (at.length > 0) search.found.add(at.join('/'));
    return;
  }
  if (at.length >= MAX_DEPTH || search.foldersLeft-- <= 0) return;
  if (segment === '**') await walk(search, at, rest);
  for (const name of await foldersFor(search, at, segment)) {
    await walk(search, [...at, name], segment === '**' ? [segment, ...rest] : rest);
  }
}

async function foldersFor({root}: Search, at: readonly string[], segment: string): Promise<readonly string[]> {
  const folder = path.join(root, ...at);
  if (!hasWildcard(segment)) return (await isFolder(path.join(folder, segment))) ? [segment] : [];
  const names = (await listFolder(folder)).filter(entry => entry.isFolder && !SKIPPED.has(entry.name));
  return names.map(({name}) => name).filter(name => matchesSegment(segment === '**' ? '*' : segment, name));
}

const SKIPPED: ReadonlySet<string> = new Set(['node_modules', 'bower_components']);

async function readApp(directory: string, home: string): Promise<WorkspaceApp | undefined> {
  if (!(await listFolder(directory)).some(({name}) => PROJECT_FILES.has(name))) return undefined;
  const configFile = path.join(directory, CONFIG_FILE);
  const toml = await readTextIfReadable(configFile);
  const fallbackName = await findFallbackName(directory);
  if (toml !== undefined) {
    const parsed = parseConfig(toml, CONFIG_FILE, fallbackName);
    // What is wrong with it is said when it is started.
    return {name: parsed.ok ? parsed.value.name : fallbackName, directory, configFile};
  }
  const isApp = isServer(await readProjectFacts(directory, home));
  return isApp ? {name: fallbackName, directory, configFile: undefined} : undefined;
}

/** Whether a folder without a tako.toml holds an app: it has a way to serve, and is not a library that is only built. */
export function isServer(facts: ProjectFacts): boolean {
  const framework = detectFramework(facts);
  const texts = (framework?.scripts ?? DEFAULT_SCRIPTS).map(name => expandScript(facts.scripts, name));
  const text = texts.find(text => text !== '' && !startsTako(text));
  const isKnown = framework !== undefined && isByPackage(framework, facts);
  if (text === undefined) return isKnown && framework.dev !== undefined && !facts.files.includes('package.json');
  const serves = servesRequests(text);
  return serves === 'unclear' ? isKnown : serves === 'yes';
}

/** Whether a package speaks for the framework; files alone (a package.json, a go.mod) are also those of libraries. */
const isByPackage = ({detect: {any, all}}: Framework, {packages}: ProjectFacts): boolean =>
  [...any, ...all].some(({kind, value}) => kind !== 'file' && packages[kind].includes(value));

async function isFolder(file: string): Promise<boolean> {
  return stat(file).then(
    found => found.isDirectory(),
    () => false,
  );
}
