import type {PackageManager} from '../../system/lockfiles.js';
import type {PortOwner} from '../../system/port-owner.js';

/** What the files and the system around a failed app tell: enough to say which command helps. */
export type Facts = {
  /** The folders whose code is the user's own, real paths among them. */
  readonly ownFolders: readonly string[];
  /** Undefined without a package.json, or when nothing could be looked at. */
  readonly packageManager: PackageManager | undefined;
  /** The names under dependencies, devDependencies and optionalDependencies of package.json. */
  readonly dependencies: readonly string[];
  readonly scripts: readonly string[];
  /** Whether a package manager has installed anything for this folder, in it or around it. */
  readonly isInstalled: boolean;
  /** Which of MANIFESTS are in the folder. */
  readonly manifests: readonly Manifest[];
  readonly portOwner: (PortOwner & {readonly port: number}) | undefined;
};

/** Files that tell how dependencies are installed, or that there are settings to make; the more exact one first. */
export const MANIFESTS = [
  'uv.lock',
  'poetry.lock',
  'Pipfile',
  'requirements.txt',
  'pyproject.toml',
  '.env.example',
  '.env.sample',
] as const;

export type Manifest = (typeof MANIFESTS)[number];

/** When nothing was looked at. */
export const NO_FACTS: Facts = {
  ownFolders: [],
  packageManager: undefined,
  dependencies: [],
  scripts: [],
  isInstalled: false,
  manifests: [],
  portOwner: undefined,
};

/** `npm install`, for all that package.json asks for. */
export const installCommand = (packageManager: PackageManager): string => `${packageManager} install`;

/** `pnpm add express`, for something that package.json does not list. */
export const addCommand = (packageManager: PackageManager, name: string): string =>
  `${packageManager} ${packageManager === 'npm' ? 'install' : 'add'} ${name}`;

const PYTHON_INSTALLS = new Map<Manifest, string>([
  ['uv.lock', 'uv sync'],
  ['poetry.lock', 'poetry install'],
  ['Pipfile', 'pipenv install'],
  ['requirements.txt', 'pip install -r requirements.txt'],
  ['pyproject.toml', 'pip install -e .'],
]);

/** What installs a Python project's dependencies, as far as its files tell. */
export function pythonInstallCommand({manifests}: Facts): string | undefined {
  for (const [manifest, command] of PYTHON_INSTALLS) if (manifests.includes(manifest)) return command;
  return undefined;
}
