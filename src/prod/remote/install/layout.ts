import {createHash} from 'node:crypto';

/** Owner and mode of a folder in an installation's root. */
export type InstalledFolder = {
  /** Relative to the root; `.` is the root itself. */
  readonly path: string;
  /** `user:group`, where root installs. */
  readonly owner: string;
  readonly mode: string;
};

/** What an installation is called on its machine. */
export type InstallationNames = {
  /** What the server runs as, and that user's group. */
  readonly user: string;
  /** Who may control it. */
  readonly group: string;
  /** Of systemd, and of the folder of its control groups. */
  readonly unit: string;
};

/** Where tako is unless somebody wants it elsewhere: as root, and without. */
const USUAL_ROOT = /^\/opt\/tako$|\/\.tako-server$/;

/** Another folder has other names, so that two installations on one machine have nothing in common. */
export function installationNames(root: string): InstallationNames {
  const hash = createHash('sha256').update(root).digest('hex');
  const suffix = USUAL_ROOT.test(root) ? '' : `-${hash.slice(0, 6)}`;
  return {user: `tako${suffix}`, group: `tako-admin${suffix}`, unit: `tako${suffix}`};
}

/**
 * The folders of an installation. What root executes is root's: a server that was taken over cannot change it. `runtimes`
 * is the exception: the server puts there what releases pin, and the sticky bit keeps root's own from being replaced.
 * `run` gives the control socket its group, and who has that group may put certificates where they belong. In `apps`, each
 * app finds its own folder and sees no other.
 */
export function installedFolders({user, group}: Pick<InstallationNames, 'user' | 'group'>): readonly InstalledFolder[] {
  const program = (path: string): InstalledFolder => ({path, owner: 'root:root', mode: '755'});
  const secret = (path: string): InstalledFolder => ({path, owner: `${user}:${user}`, mode: '700'});
  return [
    program('.'),
    program('versions'),
    program('bin'),
    program('service'),
    {path: 'holder', owner: 'root:root', mode: '700'},
    {path: 'runtimes', owner: `root:${user}`, mode: '1775'},
    {path: 'run', owner: `${user}:${group}`, mode: '2750'},
    {path: 'certificates', owner: `${user}:${group}`, mode: '2770'},
    {path: 'apps', owner: `${user}:${user}`, mode: '711'},
    secret('state'),
    secret('objects'),
    secret('manifests'),
    secret('logs'),
  ];
}

/** The mode where everything is one user's. */
export const ownMode = ({mode}: InstalledFolder): string => (mode === '755' || mode === '711' ? '755' : '700');
