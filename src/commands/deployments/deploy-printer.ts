// What a deploy says while it goes on: lines for people on stderr, or a JSON document per line on stdout.

import type {BuildEvent} from '../../prod/deploy/build-release.js';
import type {DeployEvent, DeployOutcome} from '../../prod/deploy/deploy-to-servers.js';
import type {DeployPlan} from '../../prod/deploy/plan.js';
import {printJson, printNote, printResult} from '../output.js';

export type DeployPrinter = {
  readonly isJson: boolean;
  warning(text: string): void;
  readonly buildEvent: (event: BuildEvent) => void;
  readonly deployEvent: (event: DeployEvent) => void;
  end(outcomes: readonly DeployOutcome[], plan: DeployPlan, isOk: boolean): void;
};

export type DeployPrinterOptions = {readonly isJson: boolean; readonly servers: readonly string[]};

export const createDeployPrinter = ({isJson, servers}: DeployPrinterOptions): DeployPrinter =>
  isJson ? jsonPrinter : createTextPrinter(servers);

const jsonPrinter: DeployPrinter = {
  isJson: true,
  warning: text => printJson({type: 'warning', text}),
  buildEvent: event => printJson({...event, type: `build-${event.type}`}),
  deployEvent: event =>
    printJson(event.type === 'job' ? {server: event.server, ...event.event, type: `job-${event.event.type}`} : event),
  end: (outcomes, {app, environment, routes}, isOk) =>
    printJson({type: 'end', ok: isOk, app, environment, routes, servers: outcomes}),
};

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

const STAGES = {
  runtime: 'runtime at hand',
  copy: 'copied',
  packages: 'packages installed',
  build: 'built',
  hash: 'files hashed',
} as const;
const STEPS = {
  prepare: 'files in place',
  'release-command': 'release command done',
  start: 'started',
  health: 'healthy',
  switch: 'serves',
  drain: 'the old one drained',
  finalize: 'tidied up',
} as const;

/** Names the server where there is more than one. */
function createTextPrinter(servers: readonly string[]): DeployPrinter {
  const prefix = (server: string): string => (servers.length > 1 ? `${server}: ` : '');
  const uploads = new Set<string>();
  return {
    isJson: false,
    warning: text => printNote(`warning: ${text}`),
    buildEvent(event) {
      if (event.type === 'output') printNote(`  | ${event.text}`);
      if (event.type === 'done') {
        printNote(`${STAGES[event.stage]} (${event.note === null ? seconds(event.elapsedMs) : event.note})`);
      }
    },
    deployEvent(event) {
      const {server} = event;
      if (event.type === 'upload') {
        const {objects, totalObjects, totalBytes, sentBytes} = event.progress;
        if (objects < totalObjects || uploads.has(server)) return;
        uploads.add(server);
        printNote(
          `${prefix(server)}uploaded ${totalObjects} ${totalObjects === 1 ? 'file' : 'files'}, ${kibibytes(totalBytes)} as ${kibibytes(sentBytes)}`,
        );
        return;
      }
      const {event: job} = event;
      if (job.type === 'output') printNote(`${prefix(server)}  | ${job.text}`);
      if (job.type === 'done') printNote(`${prefix(server)}${STEPS[job.step]} (${seconds(job.elapsedMs)})`);
    },
    end(outcomes, {routes}) {
      for (const {server, result} of outcomes) {
        if (result.outcome === 'failed') printNote(`${prefix(server)}failed at ${result.step}`);
        else printResult(`${prefix(server)}release ${result.release} serves ${routes.map(toUrl).join(' ')}`);
      }
    },
  };
}

const kibibytes = (bytes: number): string => `${Math.ceil(bytes / 1024).toLocaleString('en')} KiB`;

const toUrl = (route: string): string => `https://${route.replace(/\/\*$/, '/')}`;
