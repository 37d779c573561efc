import {renderDotenv} from '../../secrets/dotenv.js';
import {openSecrets} from '../../secrets/read-secrets.js';
import {openSecretsContext, requireEnvironment, type SecretsFlags} from './secrets-context.js';

/** Prints all secrets of an environment, or none. The only thing that goes to stdout. */
export async function exportSecrets(flags: SecretsFlags & {readonly format: 'env' | 'json'}): Promise<void> {
  const opened = await openSecretsContext(flags);
  requireEnvironment(opened, flags.env);
  const values = await openSecrets(opened.file, flags.env, opened.place.keys);
  const sorted = Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
  process.stdout.write(flags.format === 'json' ? `${JSON.stringify(sorted, null, 2)}\n` : renderDotenv(sorted));
}
