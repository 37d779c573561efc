import {existsSync} from 'node:fs';
import {rm} from 'node:fs/promises';
import {endDaemon, findDaemon} from '../../devproxy/daemon-client.js';
import {type Context, createContext} from '../context.js';
import {printJson, printNote} from '../output.js';
import type {PlanFlags} from '../trust.js';
import {carryOutSteps} from './carry-out-steps.js';
import {planUndo} from './setup.js';
import {describeStep, type Step} from './step.js';

/**
 * Leaves nothing of tako on this machine but the program itself: undoes the setup, ends daemon and apps, and deletes tako's
 * own folders. Projects are not touched. Throws as `tako setup --undo`.
 */
export async function uninstall(flags: PlanFlags): Promise<void> {
  const context = createContext();
  const undo = await planUndo(context, {isDaemonKept: false});
  const plan = {...undo, steps: [...(await endSteps(context)), ...undo.steps, ...folderSteps(context)]};
  await carryOutSteps(plan, {...flags, stopsAtFailure: true}, 'nothing of tako is on this machine but the program');
  if (flags.json) printJson({ok: true, isDryRun: flags.dryRun ?? false, steps: plan.steps.map(describeStep)});
  else if (!flags.dryRun) printNote('what is left is the program: "npm uninstall --global tako.sh" removes it');
}

async function endSteps(context: Context): Promise<readonly Step[]> {
  const connection = await findDaemon(context.files, context.version);
  if (!connection) return [];
  const {apps} = await connection.client.call('list', {});
  connection.client.close();
  return [
    {
      title: 'end the daemon and its apps',
      details: apps.map(({name, directory}) => `${name} (${directory})`),
      needsRoot: false,
      async run() {
        const running = await findDaemon(context.files, context.version);
        if (running) await endDaemon(running);
      },
    },
  ];
}

/** The records of what was changed are in one of them: they go last. */
function folderSteps({paths}: Context): readonly Step[] {
  const folders = [...new Set([paths.cache, paths.config, paths.data])].filter(existsSync);
  if (folders.length === 0) return [];
  return [
    {
      title: "delete tako's folders, with the authority, the list of apps and their logs",
      details: folders,
      needsRoot: false,
      async run() {
        for (const folder of folders) await rm(folder, {recursive: true, force: true});
      },
    },
  ];
}
