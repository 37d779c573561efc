// What doctor can mend by itself, as steps that are shown before anything is done: its own, and what setup would do.

import {rm} from 'node:fs/promises';
import {TakoError} from '../../system/error.js';
import type {Context} from '../context.js';
import {restartStep} from '../setup/daemon-step.js';
import {planAll, type SetupPlan} from '../setup/setup.js';
import type {Step} from '../setup/step.js';
import {readDaemon} from './daemon.js';
import {closeFile, isTooOpen, octal, readModes} from './file-modes.js';
import type {Finding} from './finding.js';
import {thisMachine} from './machine-world.js';
import type {FindingId} from './reasons.js';

/** Made for what was found. What only a person can do is not in it. */
export async function planFixes(context: Context, findings: readonly Finding[], isDryRun: boolean): Promise<SetupPlan> {
  const wrong = new Set(findings.filter(({severity}) => severity !== 'ok').map(({id}) => id));
  const has = (...ids: readonly FindingId[]): boolean => ids.some(id => wrong.has(id));
  const modes = has('file-modes') ? await modeSteps(context) : [];
  const sockets = has('daemon') ? await socketSteps(context) : [];
  const setup = has(...BY_SETUP) ? await planSetup(context, isDryRun) : {steps: [], notes: []};
  const restart = has(...BY_RESTART) ? await restartStep(context) : [];
  const steps = [...modes, ...sockets, ...setup.steps, ...restart];
  // Setup may restart the daemon already.
  return {steps: [...new Map(steps.map(step => [step.title, step])).values()], notes: setup.notes};
}

const BY_SETUP: readonly FindingId[] = [
  'setup-changes',
  'dns-lookup',
  'dns-system',
  'dns-resolver',
  'port-denied',
  'trust-store',
];

/** What a new daemon of this version has right again. */
const BY_RESTART: readonly FindingId[] = ['daemon-version', 'dns-server', 'https-ipv4', 'https-ipv6', 'http'];

/** What keeps setup from planning is among the findings; the rest is mended all the same. */
async function planSetup(context: Context, isDryRun: boolean): Promise<SetupPlan> {
  try {
    return await planAll(context, isDryRun);
  } catch (error) {
    if (!(error instanceof TakoError)) throw error;
    return {steps: [], notes: [`warning: setup cannot be planned: ${error.message}`]};
  }
}

async function modeSteps({files}: Context): Promise<readonly Step[]> {
  const open = (await readModes(files)).filter(isTooOpen);
  return open.map(file => ({
    title: `keep ${file.path} to yourself`,
    details: [`chmod ${octal(file.mode)} -> ${octal(file.wanted)}`],
    needsRoot: false,
    run: () => closeFile(file),
  }));
}

async function socketSteps(context: Context): Promise<readonly Step[]> {
  const socket = await findDeadSocket(context);
  if (socket === undefined) return [];
  return [
    {
      title: `delete ${socket}, where nobody answers`,
      details: [],
      needsRoot: false,
      async run() {
        // A daemon may have been started meanwhile.
        if ((await findDeadSocket(context)) !== undefined) await rm(socket, {force: true});
      },
    },
  ];
}

async function findDeadSocket({files, version}: Context): Promise<string | undefined> {
  const daemon = await readDaemon(files, version, thisMachine());
  return daemon.state === 'absent' && daemon.holder === undefined ? daemon.deadSocket : undefined;
}
