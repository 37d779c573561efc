import {removeSecrets} from '../../secrets/change-secrets.js';
import {confirm} from '../confirm.js';
import {type ChangeFlags, NO_CHANGE, reportChange} from './report-change.js';
import {openSecretsContext, requireEnvironment} from './secrets-context.js';

/** Removes secrets of an environment: all that are named, or none. */
export async function removeSecretsNamed(
  names: readonly string[],
  flags: ChangeFlags & {readonly yes?: boolean},
): Promise<void> {
  const opened = await openSecretsContext(flags);
  requireEnvironment(opened, flags.env);
  if (!flags.yes) await confirm(`remove ${names.join(', ')} of ${flags.env}?`);
  await removeSecrets(opened.place, flags.env, names);
  await reportChange(opened, {...NO_CHANGE, removed: names}, flags);
}
