import {existsSync} from 'node:fs';
import {homedir, userInfo} from 'node:os';
import {managedZones} from '../../config/settings.js';
import {hostsOf} from '../../devproxy/machine/hosts-names.js';
import type {MachineWorld} from '../../devproxy/machine/machine-plan.js';
import type {MachineWishes} from '../../devproxy/machine/plan-machine.js';
import {openRegistry} from '../../devproxy/registry.js';
import {run} from '../../system/exec.js';
import {type Context, DEFAULT_PORTS, daemonCommand, loadUserSettings} from '../context.js';

export function machineWorld(): MachineWorld {
  const {uid, username} = userInfo();
  return {platform: process.platform, run, user: {uid, name: username, home: homedir()}};
}

/** `zones` are those that the settings are about to have. */
export async function wishesOf(context: Context, zones: readonly string[] = []): Promise<MachineWishes> {
  const settings = await loadUserSettings(context);
  const {port, httpPort, dnsPort} = settings;
  return {
    zones: [...new Set([...managedZones(settings), ...zones])],
    hosts: registeredHosts(context),
    ports: {
      https: port ?? DEFAULT_PORTS.https,
      http: httpPort ?? DEFAULT_PORTS.http,
      dns: dnsPort ?? DEFAULT_PORTS.dns,
    },
    daemon: daemonCommand(),
  };
}

function registeredHosts({files}: Context): readonly string[] {
  if (!existsSync(files.registry)) return [];
  const registry = openRegistry(files.registry, () => undefined);
  try {
    return hostsOf(registry.apps());
  } finally {
    registry.close();
  }
}
