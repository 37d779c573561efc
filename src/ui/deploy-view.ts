import type {DeployEvent, DeployStep, StepEvent} from '../prod/deploy/deploy-event.js';
import type {UploadProgress} from '../prod/remote/upload.js';
import {doneText, STEPS} from './deploy-words.js';

/** How far a step is on one server. `left`: nobody here looks any more; what is a job of the server goes on there. */
export type StepState =
  | {readonly state: 'running'; readonly startedAt: number; readonly progress: UploadProgress | null}
  | {
      readonly state: 'done';
      readonly elapsedMs: number;
      readonly note: string | null;
      /** What was uploaded. */
      readonly progress: UploadProgress | null;
    }
  | {readonly state: 'failed'}
  | {readonly state: 'left'; readonly goesOn: boolean};

/** A step that has begun somewhere. What is of this machine is under null. */
export type StepRow = {readonly step: DeployStep; readonly servers: ReadonlyMap<string | null, StepState>};

/** In the order in which steps follow each other. */
export type DeployView = {readonly rows: readonly StepRow[]};

/** What is not in the rows and belongs into the scrollback; `done` is in both, and for those who have no rows. */
export type DeployLine = {
  readonly kind: 'output' | 'warning' | 'note' | 'done';
  readonly server: string | null;
  readonly text: string;
};

/** What a screen hears beside the deploy: it is left while the deploy goes on. */
export type DeployNews = DeployEvent | {readonly type: 'left'};

export const EMPTY_DEPLOY: DeployView = {rows: []};

/** The whole of what is shown as a function of events; `now` is a time of `performance.now()`. */
export function reduceDeploy(
  view: DeployView,
  event: DeployNews,
  now: number,
): {readonly view: DeployView; readonly lines: readonly DeployLine[]} {
  if (event.type === 'warning') return {view, lines: [{kind: 'warning', server: null, text: event.text}]};
  if (event.type === 'left') return {view: leave(view), lines: []};
  const before = stateOf(view, event);
  const state = stateAfter(before, event, now);
  return {view: state ? withState(view, event, state) : view, lines: linesOf(before, event)};
}

const stateOf = ({rows}: DeployView, {step, server}: StepEvent): StepState | undefined =>
  rows.find(row => row.step === step)?.servers.get(server);

function stateAfter(before: StepState | undefined, event: StepEvent, now: number): StepState | undefined {
  switch (event.type) {
    case 'started':
      return {state: 'running', startedAt: now, progress: null};
    case 'progress':
      return before?.state === 'running' ? {...before, progress: event.progress} : before;
    case 'done':
      return {state: 'done', elapsedMs: event.elapsedMs, note: event.note, progress: progressOf(before)};
    case 'failed':
      return {state: 'failed'};
    case 'output':
      return before;
  }
}

const progressOf = (state: StepState | undefined): UploadProgress | null =>
  state?.state === 'running' ? state.progress : null;

function withState({rows}: DeployView, {step, server}: StepEvent, state: StepState): DeployView {
  const servers = new Map(rows.find(row => row.step === step)?.servers).set(server, state);
  const others = rows.filter(row => row.step !== step);
  return {rows: [...others, {step, servers}].sort((a, b) => ORDER.indexOf(a.step) - ORDER.indexOf(b.step))};
}

const ORDER = Object.keys(STEPS) as DeployStep[];

function linesOf(before: StepState | undefined, event: StepEvent): readonly DeployLine[] {
  const {server} = event;
  switch (event.type) {
    case 'output':
      return [{kind: 'output', server, text: event.text}];
    case 'done':
      return [{kind: 'done', server, text: doneText(event, progressOf(before))}];
    case 'started':
      return event.job ? [{kind: 'note', server, text: describeJob(event.job)}] : [];
    default:
      return [];
  }
}

const describeJob = ({release, startedAt}: NonNullable<(StepEvent & {readonly type: 'started'})['job']>): string =>
  `the deploy of release ${release} from here, since ${new Date(startedAt).toISOString()}, is still under way`;

const leave = ({rows}: DeployView): DeployView => ({
  rows: rows.map(({step, servers}) => ({
    step,
    servers: new Map(
      [...servers].map(([server, now]) => [server, leftBehind(now, server !== null && step !== 'upload')]),
    ),
  })),
});

const leftBehind = (state: StepState, goesOn: boolean): StepState =>
  state.state === 'running' ? {state: 'left', goesOn} : state;
