import {createHash} from 'node:crypto';
import {rm} from 'node:fs/promises';
import path from 'node:path';
import acme from 'acme-client';
import {z} from 'zod';
import {ensurePrivateFolder, readTextIfExists, writeFileAtomic} from '../../../system/files.js';
import {generateKeys, privateKeyPem} from '../../../x509/keys.js';
import {AcmeProblem} from './acme-problem.js';

/** A CA that speaks ACME, and who we are there. */
export type Authority = {
  /** The URL of its directory. */
  readonly directory: string;
  /** Where the CA writes to when something is wrong with a certificate. */
  readonly email: string | undefined;
  /** The account of a customer, where the CA has such (RFC 8555, section 7.3.4). */
  readonly externalAccount: {readonly keyId: string; readonly hmacKey: string} | undefined;
};

const accountSchema = z.object({directory: z.string(), key: z.string(), url: z.string()});
type Account = z.infer<typeof accountSchema>;

/**
 * A client with an account at the CA, which is made where `folder` has none: one file for each directory, mode 0600. Throws
 * AcmeProblem.
 */
export async function openAccount(authority: Authority, folder: string): Promise<acme.Client> {
  const file = fileOf(authority, folder);
  const kept = await readAccount(file, authority.directory);
  if (kept) return clientOf(authority, kept.key, kept.url);
  const key = privateKeyPem(generateKeys().privateKey);
  const client = clientOf(authority, key);
  await client.createAccount({
    termsOfServiceAgreed: true,
    ...(authority.email === undefined ? {} : {contact: [`mailto:${authority.email}`]}),
  });
  const account: Account = {directory: authority.directory, key, url: client.getAccountUrl()};
  await ensurePrivateFolder(folder);
  await writeFileAtomic(file, `${JSON.stringify(account, undefined, 2)}\n`);
  return client;
}

/** The next that opens it makes a new one. */
export const forgetAccount = (authority: Authority, folder: string): Promise<void> =>
  rm(fileOf(authority, folder), {force: true});

const fileOf = ({directory}: Authority, folder: string): string =>
  path.join(folder, `${createHash('sha256').update(directory).digest('hex').slice(0, 16)}.json`);

/** One that cannot be read is as if there were none: accounts cost nothing, and certificates do not hang on them. */
async function readAccount(file: string, directory: string): Promise<Account | undefined> {
  try {
    const account = accountSchema.safeParse(JSON.parse((await readTextIfExists(file)) ?? 'null')).data;
    return account?.directory === directory ? account : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const NONCE_RETRIES = 20;

function clientOf({directory, externalAccount}: Authority, key: string, url?: string): acme.Client {
  if (!URL.canParse(directory)) throw new AcmeProblem(`"${directory}" is no address of a CA's directory`);
  const client = new acme.Client({
    directoryUrl: directory,
    accountKey: key,
    ...(url === undefined ? {} : {accountUrl: url}),
    ...(externalAccount && {
      externalAccountBinding: {kid: externalAccount.keyId, hmacKey: externalAccount.hmacKey},
    }),
  });
  // Five in a row, where the library gives up, are not rare with a CA whose servers do not know each other's nonces.
  Object.assign(Reflect.get(client, 'http') as object, {maxBadNonceRetries: NONCE_RETRIES});
  return client;
}
