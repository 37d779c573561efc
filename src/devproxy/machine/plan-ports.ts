// How a user's daemon gets the ports of the web. Nothing of tako's runs as root for it, and node gets no capability: every
// script that node runs would have that as well.

import type {Change} from '../../system/changes/change.js';
import type {ShellCommand} from '../../system/exec.js';
import type {MachinePlan} from './machine-plan.js';
import type {MachineWishes} from './plan-machine.js';
import {PORT_START, type PortFacts, REDIRECT_FILE, REDIRECT_MARK, SYSCTL_FILE} from './port-facts.js';
import {PORT_NAMES, type PortName, renderService, renderSocket, SERVICE, socketUnitOf, unitFile} from './port-units.js';

type WantedPort = {readonly name: PortName; readonly port: number; readonly deniedPort: number};

const NOTHING: MachinePlan = {changes: [], notes: []};

/**
 * Pure. Nothing where the user may open the ports already: as root, on macOS (at all addresses, see openListener), where
 * the kernel gives them to everybody, or with ports above 1023 in the settings. Else, on Linux, the first that fits:
 *
 * 1. `net.ipv4.ip_unprivileged_port_start`, where one person has the machine: one line, no service, and nothing between
 *    browser and daemon. It lets every user open these ports, of whom there is one.
 * 2. Sockets of systemd's, where several have it: the ports go to this user's daemon alone, which is started by who
 *    connects, also after a crash or a restart of the machine.
 * 3. A redirect by nftables, without systemd: the connections of this user alone, to where the daemon listens anyway.
 *
 * A port that somebody listens on is left out and said, but by the first, which takes none from anybody.
 */
export function planPorts(facts: PortFacts, wishes: MachineWishes): MachinePlan {
  const wanted = wantedPorts(facts, wishes);
  if (facts.platform !== 'linux' || facts.user.uid === 0 || wanted.length === 0) return NOTHING;
  if (facts.isNixos) return {changes: [], notes: [nixosNote(wanted)]};
  const taken = wanted.flatMap(({port}) => takenNote(port, facts, wishes));
  const free = wanted.filter(({port}) => takenNote(port, facts, wishes).length === 0);
  const {changes, notes} = planWay(facts, wishes, wanted, free);
  return {changes, notes: [...taken, ...notes]};
}

function wantedPorts({unprivilegedFrom, unprivilegedBefore}: PortFacts, wishes: MachineWishes): WantedPort[] {
  const ports = PORT_NAMES.map(name => ({name, port: wishes.ports[name], deniedPort: wishes.deniedPorts[name]}));
  return ports.filter(({port}) => port > 0 && port < (unprivilegedBefore ?? unprivilegedFrom));
}

function planWay(
  facts: PortFacts,
  wishes: MachineWishes,
  wanted: readonly WantedPort[],
  free: readonly WantedPort[],
): MachinePlan {
  const {units, user} = facts;
  const lowest = Math.min(...wanted.map(({port}) => port));
  if (facts.hasSystemd && units !== undefined && units.user !== user.name) {
    return {changes: [], notes: [foreignNote(units.user, wanted)]};
  }
  if (facts.isOneUsersOnly && facts.canChangeSysctl) return {changes: [sysctlChange(facts, lowest)], notes: []};
  if (free.length === 0) return NOTHING;
  if (facts.hasSystemd) return {changes: [socketChange(facts, wishes, free)], notes: []};
  if (facts.hasNft) return {changes: [redirectChange(facts, free)], notes: [PERSIST_NOTE]};
  return {changes: [], notes: [noWayNote(free, lowest)]};
}

const root = (file: string, ...args: readonly string[]): ShellCommand => ({file, args, elevated: true});

function sysctlChange({unprivilegedFrom, unprivilegedBefore = unprivilegedFrom}: PortFacts, lowest: number): Change {
  const content = [
    `# Written by "tako setup"; "tako setup --undo" takes it away: every user may open ports from ${lowest} on.`,
    `# Before, it was ${unprivilegedBefore}.`,
    `${PORT_START} = ${lowest}`,
  ];
  return {
    id: 'ports',
    title: `let your programs open ports from ${lowest} on`,
    files: [{path: SYSCTL_FILE, elevated: true, content: `${content.join('\n')}\n`}],
    apply: [root('sysctl', '-p', SYSCTL_FILE)],
    beforeUndo: [],
    afterUndo: [root('sysctl', '-w', `${PORT_START}=${unprivilegedBefore}`)],
    isInEffect: unprivilegedFrom <= lowest,
  };
}

/** Every user can read a unit: of the environment it has what leads to files, and nothing that may be a secret. */
const IN_UNITS = /^(?:HOME|PATH|LANG|TZ|LC_\w+|XDG_\w+|TAKO_HOME)$/;

/** A socket is started anew only while the service it starts does not run. */
function socketChange(
  {user, hasIpv6, areUnitsActive}: PortFacts,
  {daemon, folder, environment}: MachineWishes,
  ports: readonly WantedPort[],
): Change {
  const names = ports.map(({name}) => name);
  const sockets = names.map(socketUnitOf);
  const variables = Object.fromEntries(Object.entries(environment).filter(([name]) => IN_UNITS.test(name)));
  const service = renderService({user: user.name, folder, command: daemon, environment: variables, sockets: names});
  return {
    id: 'ports',
    title: `have systemd listen on ${listOf(ports)} for your daemon, and start it for who connects`,
    files: [
      {path: unitFile(SERVICE), elevated: true, content: service},
      ...ports.map(({name, port}) => ({
        path: unitFile(socketUnitOf(name)),
        elevated: true,
        content: renderSocket({name, port, user: user.name, hasIpv6}),
      })),
    ],
    apply: [
      root('systemctl', 'daemon-reload'),
      root('systemctl', 'stop', ...sockets, SERVICE),
      root('systemctl', 'enable', '--now', ...sockets),
    ],
    beforeUndo: [root('systemctl', 'disable', '--now', ...sockets), root('systemctl', 'stop', SERVICE)],
    afterUndo: [root('systemctl', 'daemon-reload')],
    isInEffect: areUnitsActive,
  };
}

const TABLE = ['inet', 'tako_ports'] as const;

function redirectChange({user, isRedirectLoaded}: PortFacts, ports: readonly WantedPort[]): Change {
  const rules = ports.flatMap(({port, deniedPort}) =>
    ['ip daddr 127.0.0.1', 'ip6 daddr ::1'].map(
      address => `    meta skuid ${user.uid} ${address} tcp dport ${port} redirect to :${deniedPort}`,
    ),
  );
  const table = TABLE.join(' ');
  const content = [
    '# Written by "tako setup"; "tako setup --undo" takes it away. The first two lines empty the table, if it is there.',
    `table ${table}`,
    `delete table ${table}`,
    `table ${table} {`,
    '  chain output {',
    '    type nat hook output priority -100;',
    ...rules,
    '  }',
    '}',
  ];
  return {
    id: 'ports',
    title: `lead your own connections to ${listOf(ports)} of this machine to your daemon (nftables)`,
    files: [{path: REDIRECT_FILE, elevated: true, content: `${content.join('\n')}\n`}],
    apply: [root('nft', '-f', REDIRECT_FILE), root('touch', REDIRECT_MARK)],
    beforeUndo: [root('nft', 'delete', 'table', ...TABLE)],
    afterUndo: [root('rm', '-f', REDIRECT_MARK)],
    isInEffect: isRedirectLoaded,
  };
}

/** Of a port that somebody listens on. The daemon's own, and what systemd has for a daemon, are not among them. */
function takenNote(port: number, {listeners, units}: PortFacts, {daemon}: MachineWishes): string[] {
  const listener = listeners.find(each => each.port === port);
  if (!listener || listener.command.join(' ').includes(daemon.slice(-2).join(' '))) return [];
  if (Object.values(units?.ports ?? {}).includes(port)) return [];
  return [
    `port ${port} is in use by ${listener.owner}: stop that program and run "tako setup" again, or choose another port (docs/ports.md)`,
  ];
}

const listOf = (ports: readonly WantedPort[]): string =>
  `${ports.length > 1 ? 'ports' : 'port'} ${ports.map(({port}) => port).join(' and ')}`;

const foreignNote = (owner: string, ports: readonly WantedPort[]): string =>
  `${listOf(ports)} of this machine: ${owner} has them for their own tako; choose others in your settings.toml (docs/ports.md)`;

const nixosNote = (ports: readonly WantedPort[]): string =>
  `this is NixOS, whose settings are yours to write: boot.kernel.sysctl."${PORT_START}" = ${Math.min(...ports.map(({port}) => port))};`;

const PERSIST_NOTE = `the redirect goes with a restart of the machine, unless its own rules have: include "${REDIRECT_FILE}"`;

const noWayNote = (ports: readonly WantedPort[], lowest: number): string =>
  `${listOf(ports)}: several people use this machine, and there is neither systemd nor nftables to give them to you alone; for all: sudo sysctl -w ${PORT_START}=${lowest}`;
