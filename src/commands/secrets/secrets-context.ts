import path from 'node:path';
import type {Project} from '../../config/load-project.js';
import type {SecretPlace} from '../../secrets/change-secrets.js';
import {loadSecretFile} from '../../secrets/read-secrets.js';
import {environmentsOf, SECRETS_FILE, type SecretFile} from '../../secrets/secret-file.js';
import {requireEnvironmentName} from '../../secrets/secret-name.js';
import {TakoError} from '../../system/error.js';
import {run} from '../../system/exec.js';
import {
  type ConfigFlag,
  type Context,
  createContext,
  loadCurrentProject,
  loadUserSettings,
  userKeys,
} from '../context.js';
import {printNote} from '../output.js';

export type SecretsFlags = ConfigFlag & {readonly env: string; readonly json?: boolean};

/** The project of this folder, its secrets, and this user's keys. */
export type SecretsContext = {
  readonly context: Context;
  readonly project: Project;
  readonly place: SecretPlace;
  readonly file: SecretFile;
};

export async function openSecretsContext(flags: ConfigFlag): Promise<SecretsContext> {
  const context = createContext();
  const project = await loadCurrentProject(flags);
  const keys = userKeys(context, await loadUserSettings(context));
  const place = {projectDirectory: project.directory, keys, dataFolder: context.paths.data};
  return {context, project, place, file: await loadSecretFile(project.directory)};
}

/** Every project may have these, before its tako.toml speaks of them. */
const USUAL = ['development', 'production'];

/** Throws NO_SUCH_ENVIRONMENT: a slip of the fingers makes no environment. */
export function requireEnvironment({project, file}: SecretsContext, environment: string): void {
  requireEnvironmentName(environment);
  const known = [...new Set([...USUAL, ...Object.keys(project.config.environments), ...environmentsOf(file)])].sort();
  if (known.includes(environment)) return;
  throw new TakoError('NO_SUCH_ENVIRONMENT', `tako.toml has no environment ${environment}`, {
    hint: `it has: ${known.join(', ')}; write [envs.${environment}] into it for another one`,
  });
}

/** Secrets that nobody else gets are found out about too late, at a colleague's or in a deploy. */
export async function noteIfIgnored({project: {directory}}: SecretsContext): Promise<void> {
  const args = ['-C', directory, 'check-ignore', '-q', '--', path.join(directory, SECRETS_FILE)];
  const result = await run({file: 'git', args}).catch(() => undefined);
  if (result?.exitCode !== 0) return;
  printNote(`warning: git ignores ${SECRETS_FILE}; write "!${SECRETS_FILE}" below what ignores it in .gitignore`);
}
