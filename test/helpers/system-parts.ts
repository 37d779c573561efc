import {spawnSync} from 'node:child_process';
import {accessSync, constants, existsSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {hasResolved} from './machine/resolved.js';

// Some tests need a part of the system that not every machine has. They skip, and say so by
// their name; where TAKO_REQUIRE_SYSTEM_PARTS=1 says that everything is there, they fail.

/** The first port that everyone may open; containers often say 0. */
const PORT_START = '/proc/sys/net/ipv4/ip_unprivileged_port_start';

/** Parts that are no program on the path. */
const OTHER_PARTS: Readonly<Record<string, () => boolean>> = {
  root: () => process.getuid?.() === 0,
  'denied ports': () => !existsSync(PORT_START) || Number(readFileSync(PORT_START, 'utf8')) > 1,
  '/proc': () => existsSync('/proc/self/environ'),
  'npm registry': () => spawnSync('npm', ['view', 'create-vite', 'version'], {timeout: 20_000}).status === 0,
  'network namespace': () => spawnSync('unshare', ['--net', 'true']).status === 0,
  // With what a user's own services need: a bus for each, and PAM that tells of logins.
  systemd: () =>
    ['/lib/systemd/systemd', '/usr/lib/systemd/user/dbus.socket', '/usr/share/doc/libpam-systemd'].every(existsSync),
  // The program, and a kernel that knows what it says.
  nftables: () => spawnSync('unshare', ['--net', 'nft', 'add', 'table', 'inet', 'tako']).status === 0,
  // As .ci/run unpacks it.
  'systemd-resolved': hasResolved,
  'mount namespace': () => spawnSync('unshare', ['--mount', 'true']).status === 0,
};

/** The condition for `describe.skipIf`: whether a part is missing. Throws instead when parts are required. */
export function requires(...parts: string[]): boolean {
  const missing = parts.filter(part => !(OTHER_PARTS[part] ?? (() => hasTool(part)))());
  if (missing.length > 0 && process.env.TAKO_REQUIRE_SYSTEM_PARTS === '1') {
    throw new Error(`missing on this machine: ${missing.join(', ')}`);
  }
  return missing.length > 0;
}

/** Whether there is such a program, by its name or its absolute path; what only root usually runs is looked for too. */
export function hasTool(name: string): boolean {
  if (path.isAbsolute(name)) return isExecutable(name);
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin', '/sbin'];
  return folders.some(folder => isExecutable(path.join(folder, name)));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
