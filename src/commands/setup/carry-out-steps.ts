import {TakoError} from '../../system/error.js';
import type {Run} from '../../system/exec.js';
import {printNote} from '../output.js';
import {askAndRun, type PlanFlags} from '../trust.js';
import type {SetupPlan} from './setup.js';
import {printPlan, type Step} from './step.js';

export type CarryOutFlags = PlanFlags & {
  /** What comes later takes away what a failed step would need to be tried again. */
  readonly stopsAtFailure?: boolean;
};

/**
 * Shows the plan, asks once, and does it. A step that fails keeps no other from being done, but where that is asked for. Rights
 * are asked for first: where they are refused, nothing is done.
 */
export async function carryOutSteps(
  {steps, notes}: SetupPlan,
  flags: CarryOutFlags,
  nothingToDo: string,
): Promise<void> {
  notes.forEach(printNote);
  if (steps.length === 0) return void (flags.json || printNote(nothingToDo));
  printPlan(steps);
  if (flags.dryRun) return;
  await askAndRun(flags, async elevated => {
    // Asked for before anything is done: where it is refused, nothing was begun.
    if (steps.some(({needsRoot}) => needsRoot)) await elevated({file: 'true', args: [], elevated: true});
    await doAll(steps, elevated, flags.stopsAtFailure ?? false);
  });
}

async function doAll(steps: readonly Step[], elevated: Run, stopsAtFailure: boolean): Promise<void> {
  const failures: TakoError[] = [];
  for (const step of steps) {
    printNote(step.title);
    await step.run(elevated).catch((error: unknown) => {
      if (stopsAtFailure || !(error instanceof TakoError) || error.code === 'ELEVATION_REFUSED') throw error;
      failures.push(error);
    });
  }
  const [first, ...others] = failures;
  if (first) throw withDetails(first, others);
}

/** The first says what to do; the others are told with it. */
const withDetails = (first: TakoError, others: readonly TakoError[]): TakoError =>
  new TakoError(first.code, first.message, {
    ...(first.hint === undefined ? {} : {hint: first.hint}),
    details: [...first.details, ...others.flatMap(({message, details}) => [message, ...details])],
    cause: first,
  });
