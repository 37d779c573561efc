import {mkdir, stat, writeFile} from 'node:fs/promises';
import path from 'node:path';
import type {Platform} from '../../control/server-methods.js';
import {TakoError} from '../../system/error.js';
import type {Run} from '../../system/exec.js';
import {contains} from '../../system/file-paths.js';
import {tryLock} from '../../system/lock.js';
import type {Manifest, ReleaseProcess} from '../releases/manifest.js';
import {linkBuildModules, removeBuildModules} from './build-modules.js';
import {runtimePackages} from './build-steps.js';
import {type ClientPlatform, isSamePlatform, majorOf} from './client-platform.js';
import {readCommit} from './commit-facts.js';
import {type Dependencies, ensureDependencies} from './dependencies.js';
import {openFileHashes} from './file-hashes.js';
import {type LocalRelease, makeManifest} from './make-manifest.js';
import {nativePackages} from './native-packages.js';
import type {PlannedDeploy} from './plan.js';
import {type ProductionCommand, startContext} from './production-command.js';
import {findAssets, NOT_FOR_PAGES} from './release-assets.js';
import {listReleaseFiles, type ReleaseFile, type ReleaseFilesOptions} from './release-files.js';
import {runBuild} from './run-build.js';
import type {PinnedRuntime} from './runtime.js';
import {listSourceFiles} from './source-files.js';
import {syncSourceTree} from './source-tree.js';
import {resolveStart, type StartCommand} from './start-command.js';
import {assertStartExists} from './start-problems.js';
import {type StepTiming, timeStep} from './time-step.js';

export type BuildStage = 'runtime' | 'copy' | 'packages' | 'build' | 'hash';

/** What happens in a build. */
export type BuildEvent = {readonly stage: BuildStage} & (StepTiming | {readonly type: 'output'; readonly text: string});

export type BuildOptions = {
  readonly platform: Platform;
  /** What the release is run by. Null: nothing that travels. */
  readonly runtime: PinnedRuntime | null;
  readonly client: ClientPlatform;
  /** Where installed packages are kept, for all projects of this user. */
  readonly cacheFolder: string;
  /** The user's own. */
  readonly environment: NodeJS.ProcessEnv;
  readonly run: Run;
  readonly onEvent: (event: BuildEvent) => void;
  readonly signal: AbortSignal;
};

export type BuiltRelease = LocalRelease & {
  readonly fileCount: number;
  /** Of all its files together, each as often as it is there. */
  readonly totalBytes: number;
  /** Files that had to be read, as nothing was remembered of them. */
  readonly hashedCount: number;
};

/**
 * Makes a release of the project as it is now: copies it to `.tako/build`, builds it there, installs its packages for the
 * platform, and hashes what travels. The files stay on the disk until the next build. Throws DEPLOY_RUNNING while another one
 * is under way in this project; whatever a step throws leaves what was built before it.
 */
export async function buildRelease(planned: PlannedDeploy, options: BuildOptions): Promise<BuiltRelease> {
  const work = path.join(planned.plan.project, '.tako');
  await mkdir(work, {recursive: true});
  // It is nothing to commit, whatever the project's own .gitignore says.
  await writeFile(path.join(work, '.gitignore'), '*\n');
  const lock = tryLock(path.join(work, 'build.lock'));
  if (!lock) throw deployRunning(planned.plan.project);
  try {
    return await buildIn(work, planned, options);
  } finally {
    lock.release();
  }
}

async function buildIn(work: string, planned: PlannedDeploy, options: BuildOptions): Promise<BuiltRelease> {
  const {plan, known, command} = planned;
  const target = path.join(work, 'build');
  const stage = createStages(options);
  // Before the build, as a package that cannot be installed for the server makes it useless.
  const dependencies = command.needsPackages
    ? await stage('packages', output => installPackages(planned, options, output))
    : undefined;
  const packageFolders = await stage('copy', () => copySource(planned, target));
  if (command.build.length > 0) {
    await stage('build', output =>
      runBuild(
        {...options, steps: command.build, target, directory: known.root.directory, variables: plan.variables},
        output,
        options.signal,
      ),
    );
  }
  const commit = await readCommit(plan.project, options.run);
  return stage('hash', () => assemble(planned, {work, target, dependencies, packageFolders, commit}, options));
}

type Output = (text: string) => void;

function createStages({onEvent, signal}: BuildOptions) {
  return async <T>(stage: BuildStage, act: (output: Output) => Promise<T>): Promise<T> => {
    signal.throwIfAborted();
    const output = (text: string): void => onEvent({stage, type: 'output', text});
    return timeStep({tell: timing => onEvent({stage, ...timing}), signal}, () => act(output), noteOf);
  };
}

/** Packages that were there already took no time, which a person may wonder about. */
const noteOf = (result: unknown): string | null =>
  (result as {readonly isCached?: boolean} | undefined)?.isCached === true ? 'as before' : null;

function installPackages(
  {known}: PlannedDeploy,
  options: BuildOptions,
  output: Output,
): Promise<Dependencies | undefined> {
  return ensureDependencies({...options, root: known.root, runtimeMajor: nodeMajorOf(options)}, output, options.signal);
}

/** Packages are compiled for a major version of Node; other runtimes load what is compiled for any. */
const nodeMajorOf = ({runtime, client}: BuildOptions): number =>
  runtime?.name === 'node' ? majorOf(runtime.version) : client.nodeMajor;

/** Answers which folders are packages. */
async function copySource({known, command}: PlannedDeploy, target: string): Promise<readonly string[]> {
  const {root} = known.root;
  const entries = await listSourceFiles(root);
  await syncSourceTree(root, entries, target);
  const folders = entries
    .filter(entry => path.posix.basename(entry.path) === 'package.json')
    .map(entry => path.posix.dirname(entry.path));
  const installs = command.build.some(({type}) => type === 'install');
  if (command.build.length === 0 || installs) await removeBuildModules(folders, target);
  else await linkBuildModules(root, folders, target);
  return folders;
}

type Made = {
  readonly work: string;
  readonly target: string;
  readonly dependencies: Dependencies | undefined;
  readonly packageFolders: readonly string[];
  readonly commit: Manifest['commit'];
};

async function assemble(planned: PlannedDeploy, made: Made, options: BuildOptions): Promise<BuiltRelease> {
  const built = await listReleaseFiles({...releaseRules(planned), ...made, directory: planned.known.root.directory});
  assertRunsThere(built, made.target, options);
  const files = [...built, ...(await runtimeFiles(options))];
  const facts = await releaseFacts(planned, made, options, files);
  const hashes = await openFileHashes(path.join(made.work, 'cache', 'hashes.json'));
  const release = await makeManifest(files, facts, hashes);
  await hashes.save();
  const totalBytes = files.reduce((sum, file) => sum + (file.type === 'file' ? file.size : 0), 0);
  return {...release, fileCount: files.length, totalBytes, hashedCount: hashes.readCount};
}

type ReleaseRules = Pick<ReleaseFilesOptions, 'folders' | 'include' | 'exclude'>;

function releaseRules({known, command}: PlannedDeploy): ReleaseRules {
  const {root, config} = known;
  const {include, exclude} = config.build;
  const isStatic = command.start === undefined;
  return {
    folders: isStatic ? [root.directory] : runtimePackages(root).map(({folder}) => folder),
    include: isStatic ? assetRules(command) : processRules(command, include),
    exclude: [...exclude, ...config.buildStages.flatMap(stage => stage.exclude), ...(isStatic ? NOT_FOR_PAGES : [])],
  };
}

/** An app of assets alone needs nothing else. */
const assetRules = ({assets}: ProductionCommand): readonly string[] =>
  assets.includes('.') ? [] : assets.map(fromTop);

/** A package.json says how Node reads the files around it. */
function processRules({files, assets}: ProductionCommand, include: readonly string[]): readonly string[] {
  const own = files.length > 0 ? [...files, ...assets] : [];
  return include.length + own.length === 0 ? [] : [...[...include, ...own].map(fromTop), '/package.json'];
}

/** A build may put packages into its output; those that were compiled were compiled for this machine. */
function assertRunsThere(files: readonly ReleaseFile[], target: string, options: BuildOptions): void {
  const {client, platform} = options;
  if (isSamePlatform(client, platform, nodeMajorOf(options))) return;
  const compiled = files.filter(
    file => file.type === 'file' && contains(target, file.source) && file.path.endsWith('.node'),
  );
  if (compiled.length > 0)
    throw nativePackages(
      compiled.map(file => file.path),
      platform,
    );
}

/** In a folder of its own, as programs find it by that in their PATH. Nothing of a project's own `.tako` travels. */
const runtimePath = ({name}: PinnedRuntime): string => `.tako/runtime/${name}`;

/** The program that the release is run by is a file of it: it is sent once, and stays as long as a release needs it. */
async function runtimeFiles({runtime}: BuildOptions): Promise<readonly ReleaseFile[]> {
  if (runtime?.program == null) return [];
  const {size, mtimeMs, ino} = await stat(runtime.program);
  return [{type: 'file', path: runtimePath(runtime), source: runtime.program, isExecutable: true, size, mtimeMs, ino}];
}

/** `dist` of the app's folder, not one of any depth. */
const fromTop = (pattern: string): string =>
  /^[/!]|\*\*/.test(pattern) ? pattern : `/${pattern.replace(/^\.\//, '')}`;

async function releaseFacts(
  planned: PlannedDeploy,
  {dependencies, target, commit}: Made,
  options: BuildOptions,
  files: readonly ReleaseFile[],
): Promise<Omit<Manifest, 'files' | 'format'>> {
  const {plan, known, command} = planned;
  const {directory} = known.root;
  const paths = files.map(file => file.path);
  const assets = findAssets(command, directory, paths);
  const {start} = command;
  const process = start ? await releaseProcess(planned, start, dependencies?.folder ?? target, options) : null;
  if (process) assertStartExists(process.command, directory, files);
  return {
    app: plan.app,
    environment: plan.environment,
    directory,
    process,
    assets: {...assets, fallback: plan.fallback},
    routes: plan.routes,
    variables: plan.variables,
    releaseCommand: plan.releaseCommand,
    ssl: plan.ssl,
    sourceIp: plan.sourceIp,
    settings: {scale: plan.scale, keepReleases: plan.keepReleases, assetsWindowMs: plan.assetsWindowMs},
    commit,
  };
}

/** The programs of packages are looked for once more, where they were installed: they may lie elsewhere than in the project. */
async function releaseProcess(
  {plan, known}: PlannedDeploy,
  start: StartCommand,
  folder: string,
  options: BuildOptions,
): Promise<ReleaseProcess> {
  const {argv} = await resolveStart(start.words, start.origin, startContext(known, folder));
  const {runtime} = options;
  return {
    command: argv,
    runtime: runtime && {name: runtime.name, version: runtime.version, file: runtime.program && runtimePath(runtime)},
    ready: known.config.ready ?? 'any',
    port: known.config.port ?? null,
    readyTimeoutMs: plan.readyTimeoutMs,
    graceMs: plan.gracePeriodMs,
    idleTimeoutMs: plan.idleTimeoutMs,
    health: plan.health,
    healthTimings: plan.healthTimings,
    stabilityMs: plan.stabilityMs,
    limits: plan.limits,
  };
}

const deployRunning = (project: string): TakoError =>
  new TakoError('DEPLOY_RUNNING', `another deploy of ${project} is being built`, {
    hint: 'wait until it is over, or end it',
  });
