// How each package manager installs what a release needs, for the server's platform, into folders that Node reads without it.
//
// npm:  `npm install`, as `npm ci` refuses lockfiles that were written without another platform's optional packages.
// pnpm: hoisted, as its links lead into one folder per package; the platform is a setting of the workspace. Its programs would
//       name folders of this machine without `extend-node-path=false`.
// Yarn: with node_modules; 2 and later by `workspaces focus`. Yarn 1 knows no platform and no
//       workspace: for another platform it takes the packages of all of them.
// Bun:  hoisted; it knows no libc, and takes the packages of both.

import type {Platform} from '../../control/server-methods.js';

export type InstallManager = 'npm' | 'pnpm' | 'yarn' | 'yarn1' | 'bun';

export type InstallSettings = {
  readonly manager: InstallManager;
  readonly platform: Platform;
  /** The name of the app's package in its workspace. Undefined: it is in none. */
  readonly member: string | undefined;
  /** Whether packages may compile code of their own: only where that code runs on the server too. */
  readonly runsScripts: boolean;
};

/** The line for a shell, in the folder with the lockfile. */
export function installCommand({manager, platform, member, runsScripts}: InstallSettings): string {
  const {os, cpu, libc} = platform;
  const scripts = runsScripts ? '' : ' --ignore-scripts';
  switch (manager) {
    case 'npm':
      return `npm install --omit=dev --os=${os} --cpu=${cpu} --libc=${libc} --no-audit --no-fund${member === undefined ? '' : ` --workspace=${member}`}${scripts}`;
    case 'pnpm':
      return `pnpm install --prod --frozen-lockfile --config.node-linker=hoisted --config.extend-node-path=false${member === undefined ? '' : ` --filter=${member}...`}${scripts}`;
    case 'yarn':
      return member === undefined
        ? 'yarn workspaces focus --production'
        : `yarn workspaces focus --production ${member}`;
    case 'yarn1':
      return `yarn install --production --frozen-lockfile --non-interactive${runsScripts ? '' : ' --ignore-platform --ignore-scripts'}`;
    case 'bun':
      return `bun install --production --frozen-lockfile --os=${os} --cpu=${cpu} --linker=hoisted${member === undefined ? '' : ` --filter=${member}`}${scripts}`;
  }
}

/** Variables that go with it: what Yarn has no option for, and what would make a manager leave the release's packages out. */
export function installEnvironment(
  {manager, runsScripts}: InstallSettings,
  environment: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  const {NODE_ENV: _, npm_config_omit: __, ...rest} = environment;
  return manager === 'yarn'
    ? {
        ...rest,
        YARN_NODE_LINKER: 'node-modules',
        YARN_ENABLE_SCRIPTS: String(runsScripts),
        YARN_ENABLE_GLOBAL_CACHE: 'true',
      }
    : rest;
}

/** What pnpm and Yarn read of the platform in their settings file. */
export const architectures = (manager: InstallManager, {os, cpu, libc}: Platform): Readonly<Record<string, unknown>> =>
  manager === 'pnpm' || manager === 'yarn' ? {supportedArchitectures: {os: [os], cpu: [cpu], libc: [libc]}} : {};
