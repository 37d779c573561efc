import {adoptKey, createKey, findCurrentKey, keyLinesOf} from '../../secrets/change-secrets.js';
import {parseExportedKey, renderExportedKey} from '../../secrets/keys/exported-key.js';
import {requireKey} from '../../secrets/keys/key-store.js';
import {keyFromPassphrase} from '../../secrets/keys/passphrase.js';
import {proveKey} from '../../secrets/prove-key.js';
import type {SecretKey} from '../../secrets/value-cipher.js';
import {TakoError} from '../../system/error.js';
import {confirm} from '../confirm.js';
import {printJson, printNote, printResult} from '../output.js';
import {readSecretInput} from './secret-input.js';
import {openSecretsContext, requireEnvironment, type SecretsContext, type SecretsFlags} from './secrets-context.js';

/** Prints the key of an environment: the only thing that goes to stdout. */
export async function exportKey(flags: SecretsFlags): Promise<void> {
  const opened = await openSecretsContext(flags);
  requireEnvironment(opened, flags.env);
  if (process.stdout.isTTY) printNote(`whoever has this can read the secrets of ${flags.env}:`);
  printResult(renderExportedKey(await requireCurrentKey(opened, flags.env)));
}

/** Takes a key that was exported, or the one of a passphrase, if it is the right one. */
export async function importKey(flags: SecretsFlags & {readonly passphrase?: boolean}): Promise<void> {
  const opened = await openSecretsContext(flags);
  requireEnvironment(opened, flags.env);
  const key = flags.passphrase
    ? await readPassphrase(opened, flags.env)
    : parseExportedKey(await readSecretInput(`key of ${flags.env}: `));
  proveKey(opened.file, flags.env, key);
  await opened.place.keys.save(key);
  // The environment has none yet: this is its own from now on.
  if (keyLinesOf(opened.file, flags.env).length === 0) await adoptKey(opened.place, flags.env, key);
  report(flags, key, `the key of ${flags.env} is on this machine now`);
}

/** Everything is encrypted anew, and whoever needs the new key has to be given it. */
export async function rotateKey(
  flags: SecretsFlags & {readonly forget?: boolean; readonly yes?: boolean},
): Promise<void> {
  const opened = await openSecretsContext(flags);
  const {env: environment} = flags;
  requireEnvironment(opened, environment);
  const before = await requireCurrentKey(opened, environment);
  if (!flags.yes) await confirm(`encrypt ${environment} with a new key, which everybody has to be given?`);
  const key = createKey();
  await opened.place.keys.save(key);
  await adoptKey(opened.place, environment, key);
  if (flags.forget) await opened.place.keys.remove(before.id);
  report(
    flags,
    key,
    `${environment} is encrypted with a new key; "tako secrets key export --env ${environment}" prints it`,
  );
}

function report({env: environment, json}: SecretsFlags, {id}: SecretKey, text: string): void {
  if (json) printJson({ok: true, environment, keyId: id});
  else printResult(text);
}

async function requireCurrentKey({file, place}: SecretsContext, environment: string): Promise<SecretKey> {
  const key = await findCurrentKey(file, environment, place.keys);
  if (key) return key;
  const [line] = keyLinesOf(file, environment);
  if (line) return requireKey(place.keys, line.keyId, environment);
  throw new TakoError('NO_SECRETS', `${environment} has no key yet`, {
    hint: `"tako secrets set NAME --env ${environment}" makes one`,
  });
}

async function readPassphrase({file}: SecretsContext, environment: string): Promise<SecretKey> {
  const [line] = keyLinesOf(file, environment);
  const passphrase = await readSecretInput(`passphrase of ${environment}: `);
  return keyFromPassphrase(passphrase, line?.keyId ?? createKey().id);
}
