import {createElevation} from '../../system/elevation.js';
import {TakoError} from '../../system/error.js';
import {type Run, run} from '../../system/exec.js';
import {confirm} from '../confirm.js';
import {printNote} from '../output.js';
import type {PlanFlags} from '../trust.js';
import type {SetupPlan} from './setup.js';
import {printPlan, type Step} from './step.js';

const isRoot = process.getuid?.() === 0;

export type CarryOutFlags = PlanFlags & {
  /** What comes later takes away what a failed step would need to be tried again. */
  readonly stopsAtFailure?: boolean;
};

/**
 * Shows the plan, asks once, and does it. A step that fails keeps no other from being done, but where that is asked for; with
 * rights that are refused, those that need none are done.
 */
export async function carryOutSteps(
  {steps, notes}: SetupPlan,
  flags: CarryOutFlags,
  nothingToDo: string,
): Promise<void> {
  notes.forEach(printNote);
  if (steps.length === 0) return void (flags.json || printNote(nothingToDo));
  printPlan(steps, isRoot);
  if (flags.dryRun) return;
  if (!flags.yes) await confirm('Go ahead?');
  const elevation = createElevation({run, isRoot});
  try {
    await doAll(steps, elevation.run, flags.stopsAtFailure ?? false);
  } finally {
    elevation.close();
  }
}

async function doAll(steps: readonly Step[], elevated: Run, stopsAtFailure: boolean): Promise<void> {
  const failures: TakoError[] = [];
  for (const step of steps) {
    // Whoever refused once is not asked again.
    if (step.needsRoot && failures.some(isRefusal)) continue;
    printNote(step.title);
    await step.run(elevated).catch((error: unknown) => {
      if (stopsAtFailure || !(error instanceof TakoError)) throw error;
      failures.push(error);
    });
  }
  const first = failures.find(isRefusal) ?? failures[0];
  if (first) throw withDetails(first, failures);
}

const isRefusal = ({code}: TakoError): boolean => code === 'ELEVATION_REFUSED';

/** It says what to do; the others are told with it. */
const withDetails = (first: TakoError, failures: readonly TakoError[]): TakoError =>
  new TakoError(first.code, first.message, {
    ...(first.hint === undefined ? {} : {hint: first.hint}),
    details: [
      ...first.details,
      ...failures.filter(other => other !== first).flatMap(({message, details}) => [message, ...details]),
    ],
    cause: first,
  });
