import {appendFileSync, existsSync, writeFileSync} from 'node:fs';
import {homedir} from 'node:os';
import path from 'node:path';
import {eventually} from '../eventually.js';
import type {Machine} from './machine.js';

// systemd-resolved on a machine of machine.ts, with a bus of its own: unpacked from Debian's package, never installed here.

/** Where .ci/run has unpacked it. */
const UNPACKED = path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'tako-ci/systemd-resolved');
const SERVICE = path.join(UNPACKED, 'lib/systemd/systemd-resolved');

export const hasResolved = (): boolean => existsSync(SERVICE);

/** What it runs as. */
const ACCOUNT = {name: 'systemd-resolve', id: 996} as const;

const BUS = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=/run/dbus/system_bus_socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
  </policy>
</busconfig>
`;

/** Starts both, with `systemctl restart systemd-resolved` for the one. Needs `hasSystemctl`. */
export async function startResolved(machine: Machine): Promise<void> {
  const bus = path.join(machine.folder, 'bus.conf');
  writeFileSync(bus, BUS);
  const {name, id} = ACCOUNT;
  appendFileSync(path.join(machine.folder, 'etc/passwd'), `${name}:x:${id}:${id}::/:/usr/sbin/nologin\n`);
  appendFileSync(path.join(machine.folder, 'etc/group'), `${name}:x:${id}:\n`);
  await machine.must('mkdir', '-p', '/run/dbus');
  await machine.must('install', '-d', '-o', name, '-g', name, '/run/systemd/resolve');
  await machine.must('ln', '-sf', '../run/systemd/resolve/stub-resolv.conf', '/etc/resolv.conf');
  await machine.must('dbus-daemon', `--config-file=${bus}`, '--fork', '--nopidfile');
  machine.program('resolvectl', `exec ${path.join(UNPACKED, 'usr/bin/resolvectl')} "$@"`);
  machine.service('systemd-resolved', SERVICE);
  await machine.must('systemctl', 'start', 'systemd-resolved');
  await eventually(() => machine.must('resolvectl', 'status'));
}
