import {gatherFacts} from '../prod/remote/install/look.js';
import {executeRemoval, planRemoval, type RemovalPlan} from '../prod/remote/install/removal.js';
import type {ServerEntry} from '../prod/remote/server-list.js';
import {openSsh} from '../prod/remote/ssh.js';
import {confirm} from './confirm.js';
import {printJson, printNote} from './output.js';
import {createServersContext, type ServersContext} from './servers-context.js';
import {type PlanFlags, printSteps} from './trust.js';

export type RemoveServerFlags = PlanFlags & {readonly keepData?: boolean; readonly forget?: boolean};

/** Takes tako off a server and the server off the list. */
export async function removeServer(name: string, flags: RemoveServerFlags): Promise<void> {
  const context = createServersContext();
  const server = await context.list.find(name);
  const steps = flags.forget ? [] : await removeFrom(server, context, flags);
  if (!flags.dryRun) await context.list.remove(name);
  if (flags.json) printJson({ok: true, isDryRun: flags.dryRun ?? false, server: name, steps});
  else if (!flags.dryRun) printNote(`${name} is removed`);
}

/** Answers what there was to do. */
async function removeFrom(server: ServerEntry, {connect}: ServersContext, flags: RemoveServerFlags): Promise<string[]> {
  const ssh = await openSsh(server, connect);
  try {
    const plan = planRemoval(await gatherFacts(ssh, server.root), {keepsData: flags.keepData ?? false});
    printSteps(linesOf(plan));
    if (flags.dryRun) return linesOf(plan);
    if (!flags.yes) await confirm('Go ahead?');
    await executeRemoval(ssh, plan, ({line}) => printNote(line));
    return linesOf(plan);
  } finally {
    await ssh.close();
  }
}

const linesOf = ({steps}: RemovalPlan): string[] => steps.map(({line}) => line);
