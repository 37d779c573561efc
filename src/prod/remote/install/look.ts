import {TakoError} from '../../../system/error.js';
import type {Ssh} from '../ssh.js';
import {factsScript, parseFacts, type ServerFacts} from './facts.js';
import {type InstallPlan, type InstallWishes, planInstall, renderHead} from './plan.js';
import {describePortOwners, PORT_OWNERS_SCRIPT, parsePortOwners} from './port-owners.js';
import {serviceLogScript} from './service.js';

/** Looks at the server; `root` is where an installation is known, or wanted, to be. */
export const gatherFacts = async (ssh: Ssh, root: string | undefined): Promise<ServerFacts> =>
  parseFacts(await ssh.script(factsScript(root), {what: 'looking at the server'}));

/** As planInstall, and names who has a port that is taken. */
export async function planInstallOn(ssh: Ssh, facts: ServerFacts, wishes: InstallWishes): Promise<InstallPlan> {
  try {
    return planInstall(facts, wishes);
  } catch (error) {
    if (!(error instanceof TakoError) || error.code !== 'PORTS_TAKEN') throw error;
    const {hint = ''} = error;
    const {httpPort = 80, httpsPort = 443} = wishes;
    throw new TakoError('PORTS_TAKEN', error.message, {
      hint,
      details: await findPortOwners(ssh, facts, [httpPort, httpsPort]),
    });
  }
}

async function findPortOwners(ssh: Ssh, {privilege}: ServerFacts, ports: readonly number[]): Promise<string[]> {
  const user = privilege === 'sudo' ? 'sudo' : 'self';
  const output = await ssh.script(PORT_OWNERS_SCRIPT, {user, what: 'looking who has a port'});
  return describePortOwners(parsePortOwners(output, ports));
}

/** What the service said last. Never throws: it only makes an error message better. */
export async function readServiceLog(ssh: Ssh, plan: InstallPlan): Promise<readonly string[]> {
  const script = `${renderHead(plan)}\n${serviceLogScript(plan.service, plan.root)}`;
  const result = await ssh.tryScript(script, {user: plan.user, what: 'reading the log'}).catch(() => undefined);
  return (result?.stdout ?? '').split('\n').filter(line => line.trim() !== '');
}
