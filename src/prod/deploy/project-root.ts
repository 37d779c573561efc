import path from 'node:path';
import type {Config} from '../../config/config.js';
import {exists, projectFolders, readTextIfReadable} from '../../config/folders.js';
import type {Project} from '../../config/load-project.js';
import {NO_PACKAGE, type PackageJson, parsePackageJson} from '../../config/package-json.js';
import {findMembers, findWorkspace, type Workspace} from '../../config/workspace.js';
import {contains, toRelativePath} from '../../system/file-paths.js';

/** A folder of the app's workspace that the app needs, itself last. */
export type LinkedPackage = {
  /** Relative to the root, with forward slashes; `.` is the root. */
  readonly folder: string;
  readonly package: PackageJson;
  /** Whether a release needs it, or only its build. */
  readonly isRuntime: boolean;
};

/** What is built and released together. */
export type ProjectRoot = {
  /** The workspace's folder, else the project's own, else one that its build stages are in too. Absolute. */
  readonly root: string;
  /** The app's folder, relative to the root: `.` or `apps/web`. */
  readonly directory: string;
  readonly workspace: Workspace | undefined;
  /** In the order to build them: what others need comes first; the app is the last. */
  readonly packages: readonly LinkedPackage[];
};

/** Finds what belongs to a release: the app, and those of its workspace that it depends on. */
export async function findProjectRoot({directory, config}: Project, home: string): Promise<ProjectRoot> {
  const workspace = await findWorkspace(directory, home);
  const root = workspace?.root ?? (await findOuterRoot(directory, config, home));
  const own = toRelativePath(root, directory) || '.';
  return {
    root,
    directory: own,
    workspace,
    packages: workspace ? await findLinked(workspace, own) : [await readOwn(root, own)],
  };
}

/** Stages may build folders beside the project: the nearest folder around all of them, within the repository. */
async function findOuterRoot(directory: string, {buildStages}: Config, home: string): Promise<string> {
  const places = buildStages.map(({cwd}) => path.resolve(directory, cwd));
  const folders = await projectFolders(directory, home);
  return folders.find(folder => places.every(place => contains(folder, place))) ?? directory;
}

async function readOwn(root: string, folder: string): Promise<LinkedPackage> {
  return {folder, package: await readPackage(path.join(root, folder)), isRuntime: true};
}

async function readPackage(folder: string): Promise<PackageJson> {
  return parsePackageJson((await readTextIfReadable(path.join(folder, 'package.json'))) ?? '') ?? NO_PACKAGE;
}

type Member = Omit<LinkedPackage, 'isRuntime'>;

async function findLinked(workspace: Workspace, own: string): Promise<readonly LinkedPackage[]> {
  const folders = await findMembers(workspace);
  const members = await Promise.all(
    [...new Set([...folders, own])].map(async folder => ({
      folder,
      package: await readPackage(path.join(workspace.root, folder)),
    })),
  );
  const app = members.find(({folder}) => folder === own);
  if (!app) return [await readOwn(workspace.root, own)];
  const runtime = new Set(inBuildOrder(app, members, ({dependencies}) => Object.keys(dependencies)));
  const all = inBuildOrder(app, members, ({dependencies, devDependencies}) =>
    Object.keys({...dependencies, ...devDependencies}),
  );
  return all.map(member => ({...member, isRuntime: runtime.has(member)}));
}

/** Depth first, so that each comes after what it needs; a circle is entered once. */
function inBuildOrder(
  app: Member,
  members: readonly Member[],
  namesOf: (content: PackageJson) => readonly string[],
): readonly Member[] {
  const seen = new Set<Member>();
  const order: Member[] = [];
  const visit = (member: Member): void => {
    if (seen.has(member)) return;
    seen.add(member);
    const names = namesOf(member.package);
    for (const other of members)
      if (other.package.name !== undefined && names.includes(other.package.name)) visit(other);
    order.push(member);
  };
  visit(app);
  return order;
}

/** Whether the folder has packages installed, of its own or of the workspace's. */
export async function hasInstalledPackages({root, directory}: ProjectRoot): Promise<boolean> {
  const folders = [...new Set([path.join(root, directory), root])];
  return (await Promise.all(folders.map(folder => exists(path.join(folder, 'node_modules'))))).includes(true);
}
