// Whether a firewall of this machine may keep the devices of the network from apps that are open to them.

import {existsSync} from 'node:fs';
import type {LanAddress} from '../../control/events.js';
import {readTextIfExists} from '../../system/files.js';
import {type Finding, warning} from './finding.js';

/** Those whose state every user may read. */
export type Firewall = 'ufw' | 'firewalld';

export async function findFirewalls(): Promise<readonly Firewall[]> {
  const ufw = await readTextIfExists('/etc/ufw/ufw.conf').catch(() => undefined);
  return [
    ...(/^ENABLED=yes$/m.test(ufw ?? '') ? ['ufw' as const] : []),
    ...(existsSync('/run/firewalld') ? ['firewalld' as const] : []),
  ];
}

/** What each firewall has to let through; nothing while no app is open to the network. */
export function checkFirewalls(firewalls: readonly Firewall[], open: readonly LanAddress[]): readonly Finding[] {
  const [first] = open;
  if (!first) return [];
  const ports = [...new Set(open.flatMap(({url, onboardingUrl}) => [portOf(url), portOf(onboardingUrl)]))].join(',');
  return firewalls.map(firewall =>
    warning(
      'lan-firewall',
      `${firewall} is active: it may keep other devices from ${first.url}`,
      COMMANDS[firewall](first.network, ports),
    ),
  );
}

const portOf = (url: string): string => {
  const {port, protocol} = new URL(url);
  return port || (protocol === 'https:' ? '443' : '80');
};

const COMMANDS: Readonly<Record<Firewall, (network: string, ports: string) => string>> = {
  ufw: (network, ports) =>
    `sudo ufw allow proto tcp from ${network} to any port ${ports} && sudo ufw allow proto udp from ${network} to any port 5353`,
  firewalld: (_, ports) =>
    `sudo firewall-cmd --add-service=mdns ${ports
      .split(',')
      .map(port => `--add-port=${port}/tcp`)
      .join(' ')}`,
};
