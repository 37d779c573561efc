// `tako setup`: names, ports and trust of this machine in one plan, shown whole before anything is done, carried out with one
// question for rights, and taken back by `tako setup --undo`.

import {loadRoot} from '../../ca/authority.js';
import {planMachine, readMachine} from '../../devproxy/machine/plan-machine.js';
import {openChangeRecords} from '../../system/changes/change-record.js';
import {NO_COLOURS} from '../../ui/style.js';
import {type Context, createContext} from '../context.js';
import {examineMachine} from '../doctor/examine-machine.js';
import {renderFindings} from '../doctor/render-findings.js';
import {EXIT} from '../exit-codes.js';
import {printJson, printNote} from '../output.js';
import {type PlanFlags, planTrustHere, planUntrustHere} from '../trust.js';
import {carryOutSteps} from './carry-out-steps.js';
import {changeSteps} from './change-steps.js';
import {restartStep} from './daemon-step.js';
import {machineWorld, wishesOf} from './machine-wishes.js';
import {describeStep, type Step} from './step.js';
import {trustSteps} from './trust-steps.js';
import {checkZone, zoneSteps} from './zone-steps.js';

export type SetupFlags = PlanFlags & {readonly zone?: string; readonly undo?: boolean};

export type SetupPlan = {readonly steps: readonly Step[]; readonly notes: readonly string[]};

/** Plans, asks, and does it. Throws CONFIRMATION_NEEDED, CANCELLED, ELEVATION_REFUSED, CHANGE_FAILED and TRUST_FAILED. */
export async function setup(flags: SetupFlags): Promise<void> {
  const context = createContext();
  const zone = flags.zone === undefined ? undefined : checkZone(flags.zone);
  const plan = await planFor(context, flags, zone);
  await carryOutSteps(plan, flags, nothingToDo(flags, zone));
  if (flags.json) {
    printJson({
      ok: true,
      isDryRun: flags.dryRun ?? false,
      ...(zone === undefined ? {} : {zone}),
      steps: plan.steps.map(describeStep),
      notes: plan.notes,
    });
  } else if (!flags.dryRun && !flags.undo && zone === undefined) await proveIt();
}

function planFor(context: Context, {undo, dryRun}: SetupFlags, zone: string | undefined): Promise<SetupPlan> {
  if (undo) return planUndo(context);
  return zone === undefined ? planAll(context, dryRun ?? false) : planZone(context, zone);
}

const nothingToDo = ({undo}: SetupFlags, zone: string | undefined): string =>
  undo
    ? 'tako has changed nothing on this machine'
    : zone === undefined
      ? 'names, ports and trust are set up already'
      : `${zone} is served and signed already`;

/** Names and ports first: what is trusted is of use only where it is reached. */
export async function planAll(context: Context, isDryRun: boolean): Promise<SetupPlan> {
  const {steps, notes} = await planNamesAndPorts(context);
  return {
    steps: [
      ...steps,
      ...(await planTrusting(context, isDryRun)),
      ...(steps.length > 0 ? await restartStep(context) : []),
    ],
    notes,
  };
}

async function planNamesAndPorts(context: Context, zones: readonly string[] = []): Promise<SetupPlan> {
  const records = await openChangeRecords(context.files.changes);
  const {changes, notes} = planMachine(await readMachine(machineWorld()), await wishesOf(context, zones));
  return {steps: changeSteps(changes, records), notes};
}

/** A root that is not made yet has no fingerprint, and so no place in a store: its commands cannot be shown in a dry run. */
async function planTrusting(context: Context, isDryRun: boolean): Promise<readonly Step[]> {
  if (isDryRun && !(await loadRoot(context.files.authority))) {
    const title =
      'make the local authority, and put its root certificate into the trust stores ("tako trust --dry-run" lists them)';
    return [{title, details: [], needsRoot: true, run: async () => undefined}];
  }
  return trustSteps(await planTrustHere(context), store => `let ${store} trust tako's root certificate`);
}

/** With the way its names are found, where names were set up before. */
async function planZone(context: Context, zone: string): Promise<SetupPlan> {
  const steps = await zoneSteps(context, zone);
  const {all} = await openChangeRecords(context.files.changes);
  if (all.length === 0) return {steps, notes: []};
  const machine = await planNamesAndPorts(context, [zone]);
  return {steps: [...steps, ...machine.steps], notes: machine.notes};
}

/** Everything that setup did, last first. */
export async function planUndo(context: Context, {isDaemonKept = true} = {}): Promise<SetupPlan> {
  const records = await openChangeRecords(context.files.changes);
  const trust = await planUntrustHere(context);
  const untrust = trustSteps(trust, store => `take tako's root certificate out of ${store}`);
  const undo = changeSteps([], records);
  const restart = undo.length > 0 && isDaemonKept ? await restartStep(context) : [];
  return {steps: [...untrust, ...undo, ...restart], notes: trust.notes ?? []};
}

/** What was set up is looked at as its users see it. */
async function proveIt(): Promise<void> {
  const {findings, ok} = await examineMachine({say: printNote});
  const problems = findings.filter(({severity}) => severity !== 'ok');
  if (problems.length > 0) printNote(renderFindings(problems, NO_COLOURS).join('\n'));
  else printNote('everything works: "tako doctor" shows what was tried');
  if (!ok) process.exitCode = EXIT.failure;
}
