// What happens in a deploy or a rollback, as one kind of value: `--json` prints it, and screens and plain lines are made
// of it.

import type {JobStep, JobSummary} from '../../control/server-methods.js';
import type {UploadProgress} from '../remote/upload.js';
import type {BuildStage} from './build-release.js';

/** `attach`: a deploy of this project that is under way already is followed to its end before another begins. */
export type DeployStep = 'check' | 'attach' | BuildStage | 'upload' | JobStep;

export type DeployEvent =
  | {readonly type: 'warning'; readonly text: string}
  | ({readonly step: DeployStep /** Null: of this machine. */; readonly server: string | null} & StepHappening);

export type StepEvent = Exclude<DeployEvent, {readonly type: 'warning'}>;

type StepHappening =
  /** `job`: the one that is attached to. */
  | {readonly type: 'started'; readonly job?: JobSummary}
  | {readonly type: 'output'; readonly text: string}
  | {readonly type: 'progress'; readonly progress: UploadProgress}
  | {readonly type: 'done'; readonly elapsedMs: number; readonly note: string | null}
  | {readonly type: 'failed'};

export type OnDeployEvent = (event: DeployEvent) => void;

type StepWatch = {readonly onEvent: OnDeployEvent; readonly signal: AbortSignal};

/** Does a step, and tells when it begins and how it ended. One that is interrupted does not fail. `noteOf`: what came of it. */
export async function withStep<T>(
  {step, server}: Pick<StepEvent, 'step' | 'server'>,
  {onEvent, signal}: StepWatch,
  work: () => Promise<T>,
  noteOf: (result: T) => string | null = () => null,
): Promise<T> {
  const startedAt = performance.now();
  onEvent({step, server, type: 'started'});
  try {
    const result = await work();
    const elapsedMs = Math.round(performance.now() - startedAt);
    onEvent({step, server, type: 'done', elapsedMs, note: noteOf(result)});
    return result;
  } catch (error) {
    if (!signal.aborted) onEvent({step, server, type: 'failed'});
    throw error;
  }
}
