/** Owner and mode of a folder in an installation's root. */
export type InstalledFolder = {
  /** Relative to the root; `.` is the root itself. */
  readonly path: string;
  /** `user:group`, where root installs. */
  readonly owner: string;
  readonly mode: string;
};

export const SERVICE_USER = 'tako';
export const ADMIN_GROUP = 'tako-admin';

const program = (path: string): InstalledFolder => ({path, owner: 'root:root', mode: '755'});
const secret = (path: string): InstalledFolder => ({path, owner: 'tako:tako', mode: '700'});

/**
 * The folders of an installation. What root executes is root's: a server that was taken over cannot change it. `runtimes`
 * is the exception: the server puts there what releases pin, and the sticky bit keeps root's own from being replaced.
 * `run` gives the control socket its group, and who has that group may put certificates where they belong. In `apps`, each
 * app finds its own folder and sees no other.
 */
export const FOLDERS: readonly InstalledFolder[] = [
  program('.'),
  program('versions'),
  program('bin'),
  program('service'),
  {path: 'holder', owner: 'root:root', mode: '700'},
  {path: 'runtimes', owner: 'root:tako', mode: '1775'},
  {path: 'run', owner: 'tako:tako-admin', mode: '2750'},
  {path: 'certificates', owner: 'tako:tako-admin', mode: '2770'},
  {path: 'apps', owner: 'tako:tako', mode: '711'},
  secret('state'),
  secret('objects'),
  secret('manifests'),
  secret('logs'),
];

/** The mode where everything is one user's. */
export const ownMode = ({mode}: InstalledFolder): string => (mode === '755' || mode === '711' ? '755' : '700');
