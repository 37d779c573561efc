import assert from 'node:assert/strict';
import {onTestFinished} from 'vitest';
import {eventually} from '../helpers/eventually.js';
import {createMachine, type Machine, type MachineOptions, type RunOptions} from '../helpers/machine/machine.js';
import {startResolved} from '../helpers/machine/resolved.js';

export async function machineWith(options: MachineOptions): Promise<Machine> {
  const machine = await createMachine(options);
  onTestFinished(() => machine.close());
  return machine;
}

export const ROUTES = ['[envs.development]', 'routes = ["shop.test", "*.shop.test"]'];

/** An app that goes on while nobody looks. */
export async function ensureShop(machine: Machine, config: readonly string[] = ROUTES): Promise<void> {
  const {exitCode, stderr} = await machine.runWith({cwd: machine.project('shop', config)}, 'tako', 'ensure');
  assert.equal(exitCode, 0, stderr);
}

/** The addresses that the C library, and so nearly every program, finds. */
export async function addressesOf({run}: Machine, host: string): Promise<readonly string[]> {
  const {stdout} = await run('getent', 'ahosts', host);
  return [...new Set(stdout.split('\n').flatMap(line => line.split(/\s+/)[0] || []))].sort();
}

export const isHere = async (machine: Machine, host: string): Promise<boolean> =>
  (await addressesOf(machine, host)).includes('127.0.0.1');

export const untilHere = (machine: Machine, host: string): Promise<void> =>
  eventually(async () => assert.ok(await isHere(machine, host), `${host} is found`));

/** What of the plan is about names; nothing where all of it stands. */
export async function stepsFor(machine: Machine): Promise<readonly string[]> {
  const {steps} = JSON.parse(await machine.must('tako', 'setup', '--dry-run', '--json'));
  return steps.map(({title}: {title: string}) => title);
}

export const undo = (machine: Machine): Promise<string> => machine.must('tako', 'setup', '--undo', '--yes');

/** A service that starts as the machine does. */
export async function startService(machine: Machine, name: string, command: string): Promise<void> {
  machine.service(name, command);
  await machine.must('systemctl', 'start', name);
}

export const DNSMASQ_ETC = {
  'resolv.conf': 'nameserver 127.0.0.1\n',
  // With what drops answers that name this machine.
  'dnsmasq.conf':
    'listen-address=127.0.0.1\nbind-interfaces\nno-resolv\nstop-dns-rebind\nconf-dir=/etc/dnsmasq.d,.bak\n',
  'dnsmasq.d/work.conf': 'address=/corp.example/10.9.9.9\n',
};

export async function dnsmasqMachine(etc: Readonly<Record<string, string>> = {}): Promise<Machine> {
  const machine = await machineWith({etc: {...DNSMASQ_ETC, ...etc}, hasSystemctl: true});
  await startService(machine, 'dnsmasq', 'dnsmasq --keep-in-foreground --pid-file= --user=root');
  await eventually(async () => assert.deepEqual(await addressesOf(machine, 'corp.example'), ['10.9.9.9']));
  return machine;
}

/** A computer that asks systemd-resolved, as most with a desktop do. */
export async function resolvedMachine(): Promise<Machine> {
  const machine = await machineWith({hasSystemctl: true});
  await startResolved(machine);
  return machine;
}

export type Screen = {readonly said: () => string};

/** Somebody looks at `tako dev` there. */
export function watchDev(machine: Machine, options: RunOptions): Screen {
  const {stdout, stderr} = machine.start(options, 'tako', 'dev', '--plain');
  let said = '';
  for (const stream of [stdout, stderr])
    stream?.on('data', text => {
      said += text;
    });
  return {said: () => said};
}
