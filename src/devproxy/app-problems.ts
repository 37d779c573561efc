// What is wrong with each app: why it does not run, or not by its newest source, and what its project has that cannot be
// used. Terminals see it in the status, open pages in an overlay while an older process serves them.

import type {Problem} from '../control/events.js';
import {toProblem} from '../control/protocol.js';
import type {PageEvent} from '../proxy/page-events.js';
import {explainCrash} from '../supervisor/diagnosis/explain-crash.js';
import type {Instance} from '../supervisor/instance.js';
import type {LaunchSpec} from '../supervisor/launch-spec.js';
import type {LogBuffer} from '../supervisor/log-buffer.js';
import type {LogLevel} from '../supervisor/log-level.js';
import {StartError} from '../supervisor/start-error.js';
import type {Supervisor} from '../supervisor/supervisor.js';
import {errorCode} from '../system/error.js';
import {outputOf} from './app-output.js';

export type AppProblems = {
  /** The one to tell; why it does not run comes before what is wrong with its project. */
  of(app: string): Problem | null;
  /** Whether the newest start failed, or what it started crashed. */
  hasFailed(app: string): boolean;
  /** A start or restart did not succeed. That it was cancelled is no problem. */
  startFailed(app: string, error: unknown): void;
  /** Finds out why a process that was ready ended by itself, unless another has followed it by then. */
  explainEnd(spec: LaunchSpec, instance: Instance): Promise<void>;
  /** There is a new process: what the one before it failed with is over. */
  started(app: string): void;
  /** Its project cannot be used as it is; what was there before stays in use. */
  projectRefused(app: string, error: unknown): void;
  projectAccepted(app: string): void;
  forget(app: string): void;
};

export type AppProblemsOptions = {
  readonly supervisor: Pick<Supervisor, 'instance' | 'logs' | 'serving'>;
  /** Tells open pages of the app. */
  readonly publish: (app: string, event: PageEvent) => void;
  readonly onChange: (app: string) => void;
};

export function createAppProblems({supervisor, publish, onChange}: AppProblemsOptions): AppProblems {
  const ofProcess = new Map<string, Problem>();
  const ofProject = new Map<string, Problem>();
  const say = (app: string, text: string, level: LogLevel): void =>
    void supervisor.logs(app).append('tako', text, {level});

  return {
    of: app => ofProcess.get(app) ?? ofProject.get(app) ?? null,
    hasFailed: app => ofProcess.has(app),
    startFailed(app, error) {
      if (errorCode(error) === 'START_CANCELLED') return;
      const problem = problemOf(error);
      ofProcess.set(app, problem);
      if (supervisor.serving(app)) publish(app, pageProblem(problem, error));
      onChange(app);
    },
    async explainEnd(spec, instance) {
      const {app} = spec;
      if (!('exit' in instance) || ofProcess.has(app)) return;
      const logs = supervisor.logs(app);
      await untilTakoSpeaks(logs);
      const output = outputOf(logs, instance.startedAt);
      const {code, message, hint = null} = await explainCrash(spec, instance.exit, output);
      if (supervisor.instance(app) !== instance || ofProcess.has(app)) return;
      ofProcess.set(app, {code, message, hint, details: []});
      onChange(app);
    },
    started: app => void ofProcess.delete(app),
    projectRefused(app, error) {
      const problem = toProblem(error);
      ofProject.set(app, problem);
      say(app, `${problem.message}; what was there before stays in use`, 'warning');
      for (const line of problem.details) say(app, `  ${line}`, 'warning');
      onChange(app);
    },
    projectAccepted(app) {
      if (!ofProject.delete(app)) return;
      say(app, 'its project can be used again', 'info');
      onChange(app);
    },
    forget(app) {
      ofProcess.delete(app);
      ofProject.delete(app);
    },
  };
}

/** Of an end tako speaks behind the last words of the process, which come later than the end itself. */
const untilTakoSpeaks = (logs: LogBuffer): Promise<void> =>
  new Promise(resolve => {
    const stop = logs.subscribe(({stream}) => {
      if (stream !== 'tako') return;
      stop();
      resolve();
    });
  });

/** Its last lines are in the log already, which those who see the problem see too. */
const problemOf = (error: unknown): Problem => ({
  ...toProblem(error),
  ...(error instanceof StartError ? {details: []} : {}),
});

const pageProblem = ({code, message, hint}: Problem, error: unknown): PageEvent => ({
  type: 'problem',
  code,
  message,
  ...(hint === null ? {} : {hint}),
  ...(error instanceof StartError ? {lines: error.lastLines} : {}),
});
