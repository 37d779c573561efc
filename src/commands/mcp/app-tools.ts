import {z} from 'zod';
import type {AppStatus, LogLine} from '../../control/events.js';
import {isAtLeast, LOG_LEVELS} from '../../supervisor/log-level.js';
import {ensureApps} from '../ensure.js';
import {readSnapshot} from '../status.js';
import {boundLines, MAX_LINES, readLines} from './log-lines.js';
import {readRequests} from './request-tools.js';
import {askDaemon, defineTool} from './tool.js';

const app = z
  .string()
  .min(1)
  .max(253)
  .optional()
  .describe('its name, as list_apps says; that of the folder tako mcp was started in if left out');

/** How much explains an error. */
const ERROR_LINES = 40;
const ERROR_REQUESTS = 5;

/** About apps and their processes. */
export const APP_TOOLS = [
  defineTool({
    name: 'list_apps',
    title: 'List apps',
    description: 'The apps that tako knows on this machine: state, URL, process, and what is wrong with each.',
    input: z.strictObject({}),
    output: 'status',
    kind: 'read',
    isUntrusted: true,
    run: async () => ({ok: true, ...(await readSnapshot())}),
  }),
  defineTool({
    name: 'app_logs',
    title: 'Read the log of an app',
    description: `The last lines that an app printed, oldest first: at most ${MAX_LINES}, and as many of them as fit.`,
    input: z.strictObject({
      app,
      lines: z.int().min(1).max(MAX_LINES).default(100),
      contains: z.string().max(200).optional().describe('only lines that have this in them'),
      level: z
        .enum(LOG_LEVELS)
        .optional()
        .describe('only lines that say of themselves that they are as serious, or more'),
    }),
    output: 'mcp-app-logs',
    kind: 'read',
    isUntrusted: true,
    run: ({app: given, lines: count, contains = '', level}) =>
      askDaemon(async (client, appOf) => {
        const name = await appOf(given);
        const found = (await readLines(client, name)).filter(
          line => line.text.includes(contains) && (level === undefined || isAtLeast(line.level, level)),
        );
        return {app: name, ...boundLines(found.slice(-count))};
      }),
  }),
  defineTool({
    name: 'last_error',
    title: 'What went wrong last',
    description:
      'Why an app did not start or crashed, as far as its output shows, with the next step; the last lines that look like ' +
      'errors, and the last requests that it answered with 5xx.',
    input: z.strictObject({app}),
    output: 'mcp-last-error',
    kind: 'read',
    isUntrusted: true,
    run: ({app: given}) =>
      askDaemon(async (client, appOf) => {
        const name = await appOf(given);
        const lines = await readLines(client, name);
        const {apps} = await client.call('list', {});
        const status = apps.find(one => one.name === name);
        const requests = await readRequests(client, {app: name, status: '5xx'}, ERROR_REQUESTS);
        return {...errorOf(name, status), ...boundLines(lines.filter(isError).slice(-ERROR_LINES)), requests};
      }),
  }),
  defineTool({
    name: 'ensure_app',
    title: 'Start an app',
    description:
      'Starts an app that does not run, with what it depends on, and waits until it is ready. One that runs stays.',
    input: z.strictObject({app}),
    output: 'ensure',
    kind: 'action',
    isUntrusted: true,
    run: ({app: given}) => ensureApps(given === undefined ? [] : [given], {}),
  }),
  defineTool({
    name: 'restart_app',
    title: 'Restart an app',
    description: 'Starts the process of an app anew and waits until it is ready; the old one serves until then.',
    input: z.strictObject({app}),
    output: 'restart',
    kind: 'action',
    isUntrusted: true,
    run: ({app: given}) =>
      askDaemon(async (client, appOf) => ({ok: true, app: await client.call('restart', {name: await appOf(given)})})),
  }),
  defineTool({
    name: 'stop_app',
    title: 'Stop an app',
    description: 'Stops the process of an app and forgets the app, until ensure_app or tako dev brings it back.',
    input: z.strictObject({app}),
    output: 'stop',
    kind: 'destructive',
    isUntrusted: false,
    run: ({app: given}) =>
      askDaemon(async (client, appOf) => {
        const name = await appOf(given);
        await client.call('remove', {name});
        return {ok: true, stopped: [name]};
      }),
  }),
];

const errorOf = (app: string, status: AppStatus | undefined): object => ({
  app,
  state: status?.state ?? 'stopped',
  problem: status?.problem ?? null,
  exit: status?.exit ?? null,
});

/** Where lines have no level, what is on stderr is the best guess. */
const isError = ({stream, level}: LogLine): boolean =>
  level === undefined ? stream === 'stderr' : isAtLeast(level, 'error');
