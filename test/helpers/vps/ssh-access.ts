import {chmodSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {tool} from './tool.js';

// What a laptop needs to reach a machine by ssh: a key, the machine's host key, and a config that names both.

/** The user that every machine has beside root. */
export const SECOND_USER = 'deploy';

/** Makes keys for the user and for the machine. Everything of the user's is in `client`, the machine's private key beside it. */
export async function createSshAccess(folder: string, name: string, address: string): Promise<{config: string}> {
  const client = path.join(folder, 'client');
  mkdirSync(client, {mode: 0o700});
  await createKey(path.join(client, 'key'));
  await createKey(path.join(folder, 'host_key'));
  const hostKey = readFileSync(path.join(folder, 'host_key.pub'), 'utf8');
  writeFileSync(path.join(client, 'known_hosts'), `${address} ${hostKey}`);
  const config = path.join(client, 'config');
  writeFileSync(config, renderConfig(client, name, address), {mode: 0o600});
  return {config};
}

const createKey = (file: string): Promise<string> =>
  tool('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', file);

const renderConfig = (client: string, name: string, address: string): string => `Host ${name} ${name}-${SECOND_USER}
  HostName ${address}
  IdentityFile ${client}/key
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile ${client}/known_hosts
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  BatchMode yes
  ConnectTimeout 10
Match originalhost ${name}-${SECOND_USER}
  User ${SECOND_USER}
Match originalhost ${name}
  User root
Match all
`;

/**
 * Makes the folder one whose `ssh` and `scp` know these machines by name and nothing else: first on a program's PATH,
 * they stand for a user who has the machines in a config of their own (the real one is found by the account, not by HOME).
 */
export function writeSshClient(folder: string, configs: readonly string[]): void {
  mkdirSync(folder, {recursive: true});
  const config = path.join(folder, 'config');
  writeFileSync(config, configs.map(file => `Include ${file}\n`).join(''), {mode: 0o600});
  for (const program of ['ssh', 'scp']) {
    const file = path.join(folder, program);
    writeFileSync(file, `#!/bin/sh\nexec /usr/bin/${program} -F ${config} "$@"\n`);
    chmodSync(file, 0o755);
  }
}
