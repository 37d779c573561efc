// Carries out a plan over ssh. It looks first what there is to do, so an installation that was cut in the middle goes on
// where it was.

import type {Readable} from 'node:stream';
import {TakoError} from '../../../system/error.js';
import type {Ssh} from '../ssh.js';
import {linesOf} from '../ssh-error.js';
import {type InstallPlan, renderHead} from './plan.js';
import type {InstallStep, Payload} from './step.js';

/** What is sent for a step, opened when its turn comes. */
export type PayloadSource = {readonly bytes: number; open(): Readable};

export type InstallEvent =
  | {readonly type: 'started'; readonly step: InstallStep}
  | {readonly type: 'progress'; readonly step: InstallStep; readonly sentBytes: number; readonly totalBytes: number}
  | {readonly type: 'done'; readonly step: InstallStep; readonly elapsedMs: number};

export type ExecuteOptions = {
  readonly payload: (payload: Payload) => Promise<PayloadSource>;
  readonly onEvent: (event: InstallEvent) => void;
};

/** The steps of the plan that there is something to do in, in their order. */
export async function findPendingSteps(ssh: Ssh, plan: InstallPlan): Promise<readonly InstallStep[]> {
  const checks = plan.steps.map(({id, check}) => `if ( ${check} ) >/dev/null 2>&1; then echo ${id}; fi </dev/null`);
  const output = await ssh.script(`${renderHead(plan)}\n${checks.join('\n')}`, {
    user: plan.user,
    what: 'looking at the installation',
  });
  const done = new Set(output.split('\n'));
  return plan.steps.filter(({id}) => !done.has(id));
}

/** Runs these steps. Throws INSTALL_FAILED with what the step said, for the first that fails; those before it stay done. */
export async function executeSteps(
  ssh: Ssh,
  plan: InstallPlan,
  steps: readonly InstallStep[],
  options: ExecuteOptions,
): Promise<void> {
  for (const step of steps) {
    const startedAt = performance.now();
    options.onEvent({type: 'started', step});
    await executeStep(ssh, plan, step, options);
    options.onEvent({type: 'done', step, elapsedMs: performance.now() - startedAt});
  }
}

async function executeStep(ssh: Ssh, plan: InstallPlan, step: InstallStep, options: ExecuteOptions): Promise<void> {
  const input = step.payload && (await openPayload(step, step.payload, options));
  const script = `${renderHead(plan)}\n${step.run}\n(\n${step.check}\n) >/dev/null`;
  const result = await ssh.tryScript(script, {user: plan.user, what: step.line, ...(input ? {input} : {})});
  if (result.code !== 0) throw stepFailed(step, result.stderr || result.stdout);
}

async function openPayload(step: InstallStep, name: Payload, {payload, onEvent}: ExecuteOptions): Promise<Readable> {
  const source = await payload(name);
  let sentBytes = 0;
  return source.open().on('data', (chunk: Buffer) => {
    sentBytes += chunk.length;
    onEvent({type: 'progress', step, sentBytes, totalBytes: source.bytes});
  });
}

const stepFailed = (step: InstallStep, output: string): TakoError =>
  new TakoError('INSTALL_FAILED', `the server could not ${step.line}`, {
    hint: 'when that is mended, run the command again: it goes on where it was',
    details: linesOf({stderr: output}),
  });
