import type {InstallEvent} from '../prod/remote/install/execute.js';
import {type InstallOptions, type PreparedInstall, prepareInstall} from '../prod/remote/install/install.js';
import type {ServerEntry} from '../prod/remote/server-list.js';
import {describeTarget} from '../prod/remote/ssh-target.js';
import {confirm} from './confirm.js';
import {printNote} from './output.js';
import type {PlanFlags} from './trust.js';

/** What an installation came to, as JSON shows it. */
export type InstallResult = {
  readonly isDryRun: boolean;
  readonly entry: ServerEntry;
  readonly steps: readonly {readonly id: string; readonly line: string}[];
  readonly remarks: readonly string[];
  readonly version: string | null;
};

/** Shows what there is to do, asks, and does it. */
export async function installWithConsent(options: InstallOptions, flags: PlanFlags): Promise<InstallResult> {
  const prepared = await prepareInstall(options);
  try {
    showPlan(prepared);
    if (flags.dryRun) return resultOf(prepared, true, null);
    if (prepared.pending.length > 0 && !flags.yes) await confirm('Go ahead?');
    const {info} = await prepared.execute(createStepPrinter());
    return resultOf(prepared, false, info.version);
  } finally {
    await prepared.close();
  }
}

const resultOf = (
  {entry, pending, plan}: PreparedInstall,
  isDryRun: boolean,
  version: string | null,
): InstallResult => ({
  ...{isDryRun, entry, version, remarks: plan.remarks},
  steps: pending.map(({id, line}) => ({id, line})),
});

function showPlan({entry, plan, pending}: PreparedInstall): void {
  const place = `${describeTarget(entry)}, in ${plan.root}`;
  printNote(
    pending.length === 0
      ? `everything is in its place on ${place}`
      : [`on ${place}, tako will:`, ...pending.map(({line}) => `  - ${line}`)].join('\n'),
  );
  for (const remark of plan.remarks) printNote(`note: ${remark}`);
}

/** A line for each step, and on a terminal how far an upload is. */
function createStepPrinter(): (event: InstallEvent) => void {
  let shown = -1;
  return event => {
    if (event.type === 'started') shown = -1;
    if (event.type === 'done') printNote(`${clearLine()}${event.step.line} (${(event.elapsedMs / 1000).toFixed(1)} s)`);
    if (event.type !== 'progress' || !process.stderr.isTTY) return;
    const percent = Math.floor((event.sentBytes / event.totalBytes) * 100);
    if (percent === shown) return;
    shown = percent;
    process.stderr.write(`${clearLine()}${event.step.line}: ${percent} % of ${megabytes(event.totalBytes)}`);
  };
}

/** Back to the line's beginning, and clear it. */
const clearLine = (): string => (process.stderr.isTTY ? '\r\x1b[K' : '');
const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`;
