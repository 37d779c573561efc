// `tako doctor`: what works on this machine, proven end to end, what does not, and what to do about it.

import {NO_COLOURS, styleFor} from '../../ui/style.js';
import {createContext} from '../context.js';
import {EXIT} from '../exit-codes.js';
import {printJson, printNote, printResult} from '../output.js';
import {carryOutSteps} from '../setup/carry-out-steps.js';
import {describeStep} from '../setup/step.js';
import type {PlanFlags} from '../trust.js';
import {examineMachine, type MachineReport} from './examine-machine.js';
import {planFixes} from './fix-steps.js';
import {renderFindings, renderReport} from './render-findings.js';

export type DoctorFlags = PlanFlags & {readonly fix?: boolean};

/** Prints what there is to say of the machine; exit code 1 when something is broken, with --fix when it still is. */
export async function doctor(flags: DoctorFlags): Promise<void> {
  const report = await examineMachine({say: printNote});
  print(flags.fix ? await mend(report, flags) : {report}, flags);
  // What has not ended by its deadline must not keep the command from doing so.
  setTimeout(() => process.exit(), LEFT_MS).unref();
}

const LEFT_MS = 500;

/** A report with what was done for it, if anything was to be. */
type Outcome = {readonly report: MachineReport; readonly done?: object};

function print({report, done}: Outcome, {json, fix, dryRun}: DoctorFlags): void {
  const style = styleFor(process.stdout, process.env);
  if (json) printJson({...report, ...done});
  else printResult(renderReport(report.findings, style, fix && !dryRun ? 'the rest is for you to do' : MORE));
  process.exitCode = report.ok ? EXIT.ok : EXIT.failure;
}

const MORE = '"tako doctor --fix" mends what it can';

/** Throws CONFIRMATION_NEEDED, CANCELLED, ELEVATION_REFUSED, CHANGE_FAILED and TRUST_FAILED. */
async function mend(report: MachineReport, flags: DoctorFlags): Promise<Outcome> {
  const {dryRun = false, json = false} = flags;
  const plan = await planFixes(createContext(), report.findings, dryRun);
  const wrong = report.findings.filter(({severity}) => severity !== 'ok');
  if (!json && plan.steps.length > 0) printNote(renderFindings(wrong, NO_COLOURS).join('\n'));
  await carryOutSteps(plan, flags, 'there is nothing that tako could mend by itself');
  const done = {isDryRun: dryRun, steps: plan.steps.map(describeStep)};
  const isChanged = plan.steps.length > 0 && !dryRun;
  return {report: isChanged ? await examineMachine({say: printNote}) : report, done};
}
