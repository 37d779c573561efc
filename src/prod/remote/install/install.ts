// Installs, repairs or upgrades a server: looks, plans, and, when the user agrees, carries it out. A server that runs goes
// on with the old program until the new one has taken over from it.

import {systemClock} from '../../../system/clock.js';
import {TakoError} from '../../../system/error.js';
import type {Run} from '../../../system/exec.js';
import type {Program} from '../program.js';
import {SERVER_NODE_VERSION} from '../runtime.js';
import type {ConnectOptions} from '../server-connection.js';
import type {ServerEntry} from '../server-list.js';
import {openSsh, type Ssh} from '../ssh.js';
import type {SshTarget} from '../ssh-target.js';
import {type ExecuteOptions, executeSteps, findPendingSteps, type InstallEvent} from './execute.js';
import type {ServerFacts} from './facts.js';
import {gatherFacts, planInstallOn, readServiceLog} from './look.js';
import {createPayloads} from './payloads.js';
import type {InstallPlan} from './plan.js';
import type {WantedPorts} from './ports.js';
import {executeRemoval, planRemoval} from './removal.js';
import type {InstallStep} from './step.js';
import {type Arrival, takeOver} from './take-over.js';

export type InstallOptions = ConnectOptions & {
  readonly target: SshTarget;
  readonly name: string;
  /** The folder there; undefined: the usual one. */
  readonly root: string | undefined;
  readonly ports: WantedPorts;
  /** An installation that this user may only control will do. */
  readonly mayJoin: boolean;
  readonly program: Program;
  readonly cacheFolder: string;
  readonly run: Run;
};

/** What is to be done, before it is. */
export type PreparedInstall = {
  readonly entry: ServerEntry;
  readonly facts: ServerFacts;
  readonly plan: InstallPlan;
  /** Empty: everything is as it should be. */
  readonly pending: readonly InstallStep[];
  /** Carries it out and waits until the server answers. Throws INSTALL_FAILED, UPGRADE_FAILED, SERVER_DOWN. */
  execute(onEvent: (event: InstallEvent) => void): Promise<Arrival>;
  close(): Promise<void>;
};

/** Looks at the server and plans. Throws what ssh.ts and planInstall do. Nothing is changed. */
export async function prepareInstall(options: InstallOptions): Promise<PreparedInstall> {
  const {target, name, root, ports, program, mayJoin} = options;
  const ssh = await openSsh(target, options);
  try {
    const facts = await gatherFacts(ssh, root);
    const wishes = {...ports, program, mayJoin, nodeVersion: SERVER_NODE_VERSION, now: systemClock.now()};
    const plan = await planInstallOn(ssh, facts, wishes);
    const pending = await findPendingSteps(ssh, plan);
    const entry: ServerEntry = {...target, name, root: plan.root, platform: facts.platform};
    return {
      ...{entry, facts, plan, pending},
      execute: onEvent => execute({ssh, entry, facts, plan, pending}, options, onEvent),
      close: () => ssh.close(),
    };
  } catch (error) {
    await ssh.close();
    throw error;
  }
}

type Prepared = {readonly ssh: Ssh} & Pick<PreparedInstall, 'entry' | 'facts' | 'plan' | 'pending'>;

async function execute(
  {ssh, entry, facts, plan, pending}: Prepared,
  options: InstallOptions,
  onEvent: (event: InstallEvent) => void,
): Promise<Arrival> {
  const payload = createPayloads({...options, platform: facts.platform, nodeVersion: SERVER_NODE_VERSION});
  await executeOrTakeBack(ssh, {entry, facts, plan, pending}, {payload, onEvent});
  const wasRunning = !pending.some(({id}) => id === 'start');
  const isSwitched = pending.some(({id}) => id === 'current');
  const readLog = (): Promise<readonly string[]> => readServiceLog(ssh, plan);
  return takeOver(entry, {
    ...{connect: options, readLog, version: options.program.version},
    previous: wasRunning && isSwitched ? facts.current : undefined,
    switchBack: () => switchBack(ssh, plan, facts.current),
  });
}

/** Of a first installation that fails nothing is left; one that was there before stays as far as it is mended. */
async function executeOrTakeBack(
  ssh: Ssh,
  {facts, plan, pending}: Omit<Prepared, 'ssh'>,
  options: ExecuteOptions,
): Promise<void> {
  try {
    await executeSteps(ssh, plan, pending, options);
  } catch (error) {
    const isFirst = facts.settings === null && facts.program === null;
    // A server that cannot be reached any more is gone on with the next time.
    if (isFirst && error instanceof TakoError && error.code === 'INSTALL_FAILED') {
      await executeRemoval(ssh, planRemoval(facts, {keepsData: false}), () => undefined);
    }
    throw error;
  }
}

/** Makes the version that was current so again. */
async function switchBack(ssh: Ssh, plan: InstallPlan, previous: string): Promise<void> {
  const version = previous.replace(/^versions\//, '');
  const step = plan.steps.find(({id}) => id === 'current');
  if (!step) return;
  const back = {...plan, variables: {...plan.variables, version}};
  await executeSteps(ssh, back, [step], {
    payload: () => Promise.reject(new Error('needs none')),
    onEvent: () => undefined,
  });
}
