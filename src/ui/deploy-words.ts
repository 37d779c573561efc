import type {DeployStep, StepEvent} from '../prod/deploy/deploy-event.js';
import type {UploadProgress} from '../prod/remote/upload.js';

type StepWords = {
  /** Names it while it is under way. */
  readonly label: string;
  /** What is true when it is done. */
  readonly done: string;
};

/** In the order in which they follow each other. */
export const STEPS: Readonly<Record<DeployStep, StepWords>> = {
  check: {label: 'check', done: 'checked'},
  attach: {label: 'earlier deploy', done: 'the earlier deploy is over'},
  runtime: {label: 'runtime', done: 'runtime at hand'},
  packages: {label: 'dependencies', done: 'packages installed'},
  copy: {label: 'copy', done: 'copied'},
  build: {label: 'build', done: 'built'},
  hash: {label: 'hash', done: 'files hashed'},
  upload: {label: 'upload', done: 'uploaded'},
  prepare: {label: 'prepare', done: 'files in place'},
  'release-command': {label: 'release command', done: 'release command done'},
  start: {label: 'start', done: 'started'},
  health: {label: 'health', done: 'healthy'},
  switch: {label: 'switch', done: 'serves'},
  drain: {label: 'drain', done: 'the old one drained'},
  finalize: {label: 'tidy up', done: 'tidied up'},
  certificates: {label: 'certificates', done: 'certificates'},
};

/** `built (4.2 s)`, `uploaded 2 files, 3 KiB as 1 KiB`. */
export function doneText(
  {step, elapsedMs, note}: StepEvent & {readonly type: 'done'},
  progress: UploadProgress | null,
): string {
  if (step !== 'upload') return `${STEPS[step].done} (${note ?? formatSeconds(elapsedMs)})`;
  if (progress === null) return 'nothing to upload';
  const {totalObjects, totalBytes, sentBytes} = progress;
  const files = `${totalObjects} ${totalObjects === 1 ? 'file' : 'files'}`;
  return `${STEPS.upload.done} ${files}, ${kibibytes(totalBytes)} as ${kibibytes(sentBytes)}`;
}

/** `4.2 s`: what steps of a deploy take is compared, so they are all in one unit. */
export const formatSeconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

const kibibytes = (bytes: number): string => `${Math.ceil(bytes / 1024).toLocaleString('en')} KiB`;
