// What happens in a deploy or a rollback, as one kind of value: `--json` prints it, and screens and plain lines are made
// of it.

import type {JobStep, JobSummary} from '../../control/server-methods.js';
import type {UploadProgress} from '../remote/upload.js';
import type {BuildStage} from './build-release.js';
import {type StepTiming, timeStep} from './time-step.js';

/**
 * `attach`: a deploy of this project that is under way already is followed to its end before another begins. `certificates`:
 * the release serves, and those of its names are waited for.
 */
export type DeployStep = 'check' | 'attach' | BuildStage | 'upload' | JobStep | 'certificates';

export type DeployEvent =
  | {readonly type: 'warning'; readonly text: string}
  | ({readonly step: DeployStep /** Null: of this machine. */; readonly server: string | null} & StepHappening);

export type StepEvent = Exclude<DeployEvent, {readonly type: 'warning'}>;

type StepHappening =
  /** `job`: the one that is attached to. */
  | Exclude<StepTiming, {readonly type: 'started'}>
  | {readonly type: 'started'; readonly job?: JobSummary}
  | {readonly type: 'output'; readonly text: string}
  | {readonly type: 'progress'; readonly progress: UploadProgress};

export type OnDeployEvent = (event: DeployEvent) => void;

type StepWatch = {readonly onEvent: OnDeployEvent; readonly signal: AbortSignal};

/** Does a step of a deploy, and tells of it as `timeStep` does. */
export const withStep = <T>(
  of: Pick<StepEvent, 'step' | 'server'>,
  {onEvent, signal}: StepWatch,
  work: () => Promise<T>,
  noteOf?: (result: T) => string | null,
): Promise<T> => timeStep({tell: timing => onEvent({...of, ...timing}), signal}, work, noteOf);
