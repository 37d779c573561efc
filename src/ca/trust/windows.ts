import {X509Certificate} from 'node:crypto';
import {existsSync} from 'node:fs';
import path from 'node:path';
import {errorCode} from '../../system/error.js';
import type {Run, ShellCommand} from '../../system/exec.js';
import {readTextIfExists} from '../../system/files.js';
import {ownerOf} from '../owner.js';
import type {StoredRoot, StoreEdit, TrustChange, TrustWorld, UnavailableStore, WindowsStore} from './trust-store.js';

// From a Linux inside Windows (WSL), the store of the Windows user: Edge, Chrome, Firefox and curl.exe there read it. It
// needs no rights, and Windows shows a dialog of its own for each root that comes or goes.

const NAME = 'Windows (current user)';

/** Where its programs are, also when the PATH of Windows is not passed on. */
const SYSTEM = '/mnt/c/Windows/System32';

/** Each certificate as a line of base64. */
const LIST =
  "Get-ChildItem Cert:\\CurrentUser\\Root | Where-Object { $_.Subject -like '*tako local authority*' } | ForEach-Object { [Convert]::ToBase64String($_.RawData) }";

/** Undefined where this is not WSL. */
export async function readWindowsStore(world: TrustWorld): Promise<WindowsStore | UnavailableStore | undefined> {
  const {run, root = '/'} = world;
  const kernel = await readTextIfExists(path.join(root, '/proc/sys/kernel/osrelease'));
  if (!/microsoft/i.test(kernel ?? '')) return undefined;
  const powershell = programOf('WindowsPowerShell/v1.0/powershell.exe', root);
  const list = await attempt(run, {file: powershell, args: ['-NoProfile', '-NonInteractive', '-Command', LIST]});
  const share = await attempt(run, {file: 'wslpath', args: ['-w', '/']});
  if (list === undefined || share === undefined) {
    const reason = 'the programs of Windows cannot be run from here: see [interop] in /etc/wsl.conf';
    return {kind: 'unavailable', name: NAME, reason, of: {kind: 'windows'}};
  }
  return {
    kind: 'windows',
    name: NAME,
    certutil: programOf('certutil.exe', root),
    share: share.trim(),
    roots: list.split(/\r?\n/).flatMap(parseLine),
  };
}

function programOf(program: string, root: string): string {
  const file = path.join(SYSTEM, program);
  return existsSync(path.join(root, file)) ? file : path.basename(program);
}

/** What it prints; undefined when it fails, or there is no such program, or nothing that runs it. */
async function attempt(run: Run, command: ShellCommand): Promise<string | undefined> {
  try {
    const {exitCode, stdout} = await run(command);
    return exitCode === 0 ? stdout : undefined;
  } catch (error) {
    if (errorCode(error) === 'TOOL_MISSING') return undefined;
    throw error;
  }
}

function parseLine(line: string): StoredRoot[] {
  try {
    const certificate = new X509Certificate(Buffer.from(line, 'base64'));
    return ownerOf(certificate) === undefined ? [] : [{certificate, place: sha1Of(certificate), active: true}];
  } catch {
    return [];
  }
}

/** What certutil.exe finds a certificate by. */
const sha1Of = ({fingerprint}: X509Certificate): string => fingerprint.replaceAll(':', '').toLowerCase();

export function planWindows({name: store, certutil, share}: WindowsStore, {add, remove}: StoreEdit): TrustChange[] {
  const removals = remove.map(({place}) => ({
    store,
    description: `remove ${place}; Windows asks whether to`,
    command: {file: certutil, args: ['-user', '-delstore', 'Root', place]},
    asksUser: true,
  }));
  const addition = add && {
    store,
    description: 'trust the root certificate; Windows asks whether to',
    command: {file: certutil, args: ['-user', '-addstore', 'Root', toWindowsPath(add.file, share)]},
    asksUser: true,
  };
  return [...removals, ...(addition ? [addition] : [])];
}

const toWindowsPath = (file: string, share: string): string =>
  path.win32.join(share, file.replaceAll('/', path.win32.sep));
