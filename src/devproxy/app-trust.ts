import {homedir} from 'node:os';
import path from 'node:path';
import type {RootCertificate} from '../ca/root.js';
import {refreshBundle} from '../ca/trust-bundle.js';
import {readTextIfExists} from '../system/files.js';
import type {DaemonFiles} from './daemon-files.js';
import {trustVariables} from './trust-variables.js';

/** What apps need to trust each other's certificates. */
export type AppTrust = {
  /** For a process with this environment. Has the bundle looked at, which may have become old. */
  variablesFor(environment: Readonly<NodeJS.ProcessEnv>): Readonly<Record<string, string>>;
};

export type AppTrustOptions = {
  readonly files: Pick<DaemonFiles, 'bundle'>;
  readonly root: () => RootCertificate;
  /** A bundle that was written before stays in use. */
  readonly onError: (error: unknown) => void;
};

/** Writes the bundle first. Throws FILE_NOT_WRITABLE. */
export async function openAppTrust({files: {bundle}, root, onError}: AppTrustOptions): Promise<AppTrust> {
  await refreshBundle(bundle, root());
  const isGitSet = await hasGitSetting(process.env);
  return {
    variablesFor(environment) {
      refreshBundle(bundle, root()).catch(onError);
      const {GIT_SSL_CAINFO: git, ...variables} = trustVariables({root: root().file, bundle}, environment);
      return isGitSet || git === undefined ? variables : {...variables, GIT_SSL_CAINFO: git};
    },
  };
}

/** Whether the user has told git whom to trust: a variable would stand above that. */
async function hasGitSetting({XDG_CONFIG_HOME: configHome}: NodeJS.ProcessEnv): Promise<boolean> {
  const home = homedir();
  const files = [
    '/etc/gitconfig',
    path.join(configHome || path.join(home, '.config'), 'git/config'),
    path.join(home, '.gitconfig'),
  ];
  const texts = await Promise.all(files.map(file => readTextIfExists(file).catch(() => undefined)));
  return texts.some(text => /^\s*sslCA(?:Info|Path)\b/im.test(text ?? ''));
}
