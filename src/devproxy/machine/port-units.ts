// The units by which systemd has the ports of the web for one user's daemon: a socket for each port, and the service that
// they start when somebody connects. They are written and read here, so that both agree.

import {existsSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {errorCode} from '../../system/error.js';

export type PortName = 'https' | 'http';

export const PORT_NAMES: readonly PortName[] = ['https', 'http'];

const FOLDER = '/etc/systemd/system';
export const SERVICE = 'tako-dev.service';
export const socketUnitOf = (name: PortName): string => `tako-dev-${name}.socket`;
export const unitFile = (unit: string): string => path.join(FOLDER, unit);

/** systemd's mark that it is the one that runs this machine: sd_booted(3). */
export const SYSTEMD_MARK = '/run/systemd/system';

/** What the units say; what is left out, they do not have. */
export type PortUnits = {
  /** Whose daemon they start. */
  readonly user: string;
  /** Where that daemon keeps its data: another one of the same user is none of theirs. */
  readonly folder: string;
  readonly ports: Readonly<Partial<Record<PortName, number>>>;
};

export type ServiceOptions = {
  readonly user: string;
  readonly folder: string;
  readonly command: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly sockets: readonly PortName[];
};

const HEAD = '# Written by "tako setup"; "tako setup --undo" takes it away.';

export function renderService({user, folder, command, environment, sockets}: ServiceOptions): string {
  const variables = Object.entries(environment).flatMap(([name, value]) =>
    value === undefined || /[\r\n]/.test(value) ? [] : [`Environment=${quote(`${name}=${value}`, '$')}`],
  );
  return `${HEAD}
[Unit]
Description=tako dev daemon of ${specifiers(user)}
X-Tako-Folder=${folder}
# However often it ends, the next connection starts it.
StartLimitIntervalSec=0

[Service]
User=${user}
WorkingDirectory=/
${variables.join('\n')}
# By a shell: where SELinux is on, systemd itself may start nothing out of a home folder.
ExecStart=/bin/sh -c 'exec "$$0" "$$@"' ${command.map(word => quote(word)).join(' ')}
Sockets=${sockets.map(socketUnitOf).join(' ')}
# The daemon ends its apps; what is left after it is killed.
KillMode=mixed
# An app that takes too much memory is not the end of the others.
OOMPolicy=continue
TasksMax=infinity
`;
}

export type SocketOptions = {
  readonly name: PortName;
  readonly port: number;
  readonly user: string;
  readonly hasIpv6: boolean;
};

export const renderSocket = ({name, port, user, hasIpv6}: SocketOptions): string => `${HEAD}
[Unit]
Description=port ${port} for the tako dev daemon of ${specifiers(user)}

[Socket]
ListenStream=127.0.0.1:${port}
${hasIpv6 ? `ListenStream=[::1]:${port}\n` : ''}FileDescriptorName=${name}
Service=${SERVICE}
Backlog=4096
# However often the daemon ends, the port stays open.
TriggerLimitIntervalSec=0

[Install]
WantedBy=sockets.target
`;

/** A word of a command line or of Environment= as systemd reads it: systemd.syntax(7), "Quoting". */
function quote(word: string, dollar = '$$'): string {
  const escaped = specifiers(word)
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('$', () => dollar);
  return `"${escaped}"`;
}

/** A percent sign begins a specifier: systemd.unit(5). */
const specifiers = (text: string): string => text.replaceAll('%', '%%');

/** Undefined where there are none, or none that tako wrote. `root` is where the file system begins. */
export function readPortUnits(root = '/'): PortUnits | undefined {
  const service = readIfExists(path.join(root, unitFile(SERVICE)));
  const user = settingOf('User', service);
  const folder = settingOf('X-Tako-Folder', service);
  if (user === undefined || folder === undefined) return undefined;
  const ports = PORT_NAMES.flatMap(name => {
    const text = readIfExists(path.join(root, unitFile(socketUnitOf(name))));
    const port = /:(\d+)$/.exec(settingOf('ListenStream', text) ?? '')?.[1];
    return port === undefined ? [] : [[name, Number(port)]];
  });
  return {user, folder, ports: Object.fromEntries(ports)};
}

const settingOf = (key: string, text: string): string | undefined => new RegExp(`^${key}=(.+)$`, 'm').exec(text)?.[1];

function readIfExists(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return '';
    throw error;
  }
}

/** By what a daemon is started: a connection to this port, which that socket unit listens on. */
export type Activation = {readonly port: number; readonly unit: string};

/** Of the daemon with this data folder; undefined where nothing starts it but tako itself. */
export function findActivation(folder: string, root = '/'): Activation | undefined {
  const units = readPortUnits(root);
  if (units?.folder !== folder || !existsSync(path.join(root, SYSTEMD_MARK))) return undefined;
  const [name] = PORT_NAMES.filter(each => units.ports[each] !== undefined);
  const port = name && units.ports[name];
  return port === undefined ? undefined : {port, unit: socketUnitOf(name as PortName)};
}
