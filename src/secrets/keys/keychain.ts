// Keys in the keychain of the system: what macOS and the desktops of Linux have for passwords. Both programs are given the key
// on their standard input, as everybody on the machine can read arguments.

import {TakoError} from '../../system/error.js';
import type {Run, ShellCommand} from '../../system/exec.js';
import {decodeBase64, KEY_BYTES, type SecretKey} from '../value-cipher.js';
import type {KeyStore} from './key-store.js';

/** The name under which people find them there. */
const SERVICE = 'tako-secrets';

/** How one system's program is asked. */
export type KeychainProgram = {
  find(id: string): ShellCommand;
  save(id: string, text: string): {readonly command: ShellCommand; readonly input: string};
  remove(id: string): ShellCommand;
};

/** security(1) of macOS: as `security -i`, it reads its commands, so that no key is an argument. */
export const SECURITY: KeychainProgram = {
  find: id => ({file: 'security', args: ['find-generic-password', '-s', SERVICE, '-a', id, '-w']}),
  save: (id, text) => ({
    command: {file: 'security', args: ['-i']},
    input: `add-generic-password -U -s ${SERVICE} -a ${id} -w ${text}\n`,
  }),
  remove: id => ({file: 'security', args: ['delete-generic-password', '-s', SERVICE, '-a', id]}),
};

/** secret-tool(1) of libsecret, for the Secret Service of GNOME and KDE. */
export const SECRET_TOOL: KeychainProgram = {
  find: id => ({file: 'secret-tool', args: ['lookup', 'service', SERVICE, 'key', id]}),
  save: (id, text) => ({
    command: {file: 'secret-tool', args: ['store', `--label=tako ${id}`, 'service', SERVICE, 'key', id]},
    input: text,
  }),
  remove: id => ({file: 'secret-tool', args: ['clear', 'service', SERVICE, 'key', id]}),
};

/** Undefined: the system has none that is known. */
export const keychainProgram = (platform: NodeJS.Platform): KeychainProgram | undefined =>
  platform === 'darwin' ? SECURITY : platform === 'linux' ? SECRET_TOOL : undefined;

/** Saving throws KEYCHAIN_FAILED, also where the program is missing or locked; a key that cannot be had is not there. */
export function openKeychain(program: KeychainProgram, run: Run): KeyStore {
  const runOrFail = async (command: ShellCommand, input?: string): Promise<void> => {
    const {exitCode} = await run(command, input === undefined ? {} : {input}).catch(() => ({exitCode: 1}));
    if (exitCode !== 0) throw failed(command.file);
  };
  async function find(id: string): Promise<SecretKey | undefined> {
    const result = await run(program.find(id)).catch(() => undefined);
    const bytes = result?.exitCode === 0 ? decodeBase64(result.stdout.trim()) : undefined;
    return bytes?.length === KEY_BYTES ? {id, bytes} : undefined;
  }
  return {
    find,
    async save({id, bytes}) {
      const {command, input} = program.save(id, Buffer.from(bytes).toString('base64'));
      await runOrFail(command, input);
      // `security -i` ends well whatever its commands came to.
      const kept = await find(id);
      if (kept === undefined || !Buffer.from(kept.bytes).equals(bytes)) throw failed(command.file);
    },
    async remove(id) {
      if (await find(id)) await runOrFail(program.remove(id));
    },
  };
}

const failed = (program: string): TakoError =>
  new TakoError('KEYCHAIN_FAILED', `the keychain of this system did not take the key (${program})`, {
    hint: 'unlock it, or keep keys in files: without secret_keys = "keychain" in settings.toml',
  });
