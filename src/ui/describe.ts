import type {AppState, AppStatus, ExitInfo, Problem} from '../control/events.js';
import {formatCount} from './format.js';

/** The state in one word. An app that ended by itself with an error has crashed. */
export const stateWord = ({state, exit}: AppStatus): AppState | 'crashed' =>
  state === 'exited' && exit?.code !== 0 ? 'crashed' : state;

export const describeExit = ({code, signal}: ExitInfo): string =>
  signal === null ? `code ${code ?? 'unknown'}` : `signal ${signal}`;

/** `for web`, of an app that runs because others depend on it. */
export const describeDependents = ({startedFor}: AppStatus): readonly string[] =>
  startedFor.length === 0 ? [] : [`for ${startedFor.join(', ')}`];

/** What has become of the app, as a sentence. */
export function describeState(status: AppStatus): string {
  const {name, state, pid, port, exit} = status;
  switch (state) {
    case 'starting':
      return `${[name, 'is starting', ...describeDependents(status)].join(' ')}: pid ${pid}`;
    case 'ready':
      return `${name} is ready: pid ${pid}, port ${port}`;
    case 'restarting':
      return `${name} is restarting; pid ${pid} serves until the new one is ready`;
    case 'backing-off':
      return exit === null
        ? `${name} crashed and starts again`
        : `${name} crashed with ${describeExit(exit)} and starts again`;
    case 'draining':
      return `${name} is stopping`;
    case 'stopped':
      return `${name} is stopped`;
    case 'exited':
      return exit === null ? `${name} exited` : `${name} exited with ${describeExit(exit)}`;
  }
}

export const describeProblem = ({code, message}: Problem): string => `${message} [${code}]`;

/** The problem that a status tells of, if the one before it did not. */
export const newProblem = (before: AppStatus | null, {problem}: AppStatus): Problem | null =>
  JSON.stringify(problem) === JSON.stringify(before?.problem ?? null) ? null : problem;

export const describeSkipped = (count: number): string => `… ${formatCount(count)} lines skipped`;

/** A problem in full: what happened, the details, the next step. */
export const problemLines = (problem: Problem): string[] => [
  describeProblem(problem),
  ...problem.details.map(line => `  ${line}`),
  ...(problem.hint === null ? [] : [`  ${problem.hint}`]),
];
