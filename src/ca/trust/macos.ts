import type {ShellCommand} from '../../system/exec.js';
import {commonNameOf} from '../owner.js';
import {takoRoots} from './stored-certificates.js';
import type {MacosStore, RootToRemove, StoreEdit, TrustChange, TrustWorld} from './trust-store.js';

// macOS keeps certificates in keychains and, apart from them, trust settings that say what
// each is good for. A certificate in the keychain without settings is not trusted.

const SYSTEM_KEYCHAIN = '/Library/Keychains/System.keychain';
const NAME = 'system keychain (macOS)';

export async function readMacosStore({run}: TrustWorld): Promise<MacosStore> {
  const keychain = await run(security('find-certificate', '-a', '-c', 'tako local authority', '-p', SYSTEM_KEYCHAIN));
  const settings = await run(security('dump-trust-settings', '-d'));
  const trusted = trustedNames(settings.stdout);
  const roots = takoRoots(keychain.stdout).map(certificate => ({
    certificate,
    place: SYSTEM_KEYCHAIN,
    active: trusted.has(commonNameOf(certificate)),
  }));
  return {kind: 'macos', name: NAME, roots};
}

export function planMacos({name: store}: MacosStore, {add, remove}: StoreEdit): TrustChange[] {
  const addition = add && {
    store,
    description: 'trust the root certificate for every user of this machine',
    // For TLS and what that builds on; without policies it would be trusted for e-mail and code as well.
    command: elevated(
      ...['add-trusted-cert', '-d', '-r', 'trustRoot', '-p', 'ssl', '-p', 'basic'],
      ...['-k', SYSTEM_KEYCHAIN, add.file],
    ),
  };
  return [...remove.flatMap(root => planRemoval(store, root)), ...(addition ? [addition] : [])];
}

function planRemoval(store: string, {certificate, file, place, active}: RootToRemove): TrustChange[] {
  const name = commonNameOf(certificate);
  const distrust = {store, description: `stop trusting ${name}`};
  const deletion = {
    store,
    description: `delete ${name}`,
    // By SHA-1: older systems know no other hash here.
    command: elevated('delete-certificate', '-Z', certificate.fingerprint.replaceAll(':', ''), place),
  };
  return active && file ? [{...distrust, command: elevated('remove-trusted-cert', '-d', file)}, deletion] : [deletion];
}

/**
 * The names in the output of dump-trust-settings. A name listed with no settings is trusted for everything; only an
 * explicit denial is not trust.
 */
function trustedNames(output: string): Set<string> {
  const entries = output.split(/^Cert \d+: /m).slice(1);
  const trusted = entries.filter(entry => !entry.includes('kSecTrustSettingsResultDeny'));
  return new Set(trusted.map(entry => entry.split('\n', 1)[0]?.trim() ?? ''));
}

const security = (...args: string[]): ShellCommand => ({file: 'security', args});
const elevated = (...args: string[]): ShellCommand => ({file: 'security', args, elevated: true});
