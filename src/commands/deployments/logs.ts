import type {ControlClient} from '../../control/client.js';
import type {ServerLogRecord, ServerMethods} from '../../control/server-methods.js';
import {systemClock} from '../../system/clock.js';
import {type LogFlags, parseLogFlags, type WantedLines} from '../log-flags.js';
import {createLogPrinter} from '../log-printer.js';
import {printOutcomes} from '../servers-outcome.js';
import {type DeploymentFlags, onEachServer, selectDeployment} from './deployment-context.js';

export type DeploymentLogsFlags = DeploymentFlags & LogFlags & {readonly release?: string};

/** The log of what is deployed: its processes' output and what its servers say of them. */
export async function deploymentLogs(flags: DeploymentLogsFlags): Promise<void> {
  const wanted = parseLogFlags(flags, systemClock.now());
  const selected = await selectDeployment(flags);
  const isSeveral = selected.servers.length > 1;
  const printer = createLogPrinter(flags);
  const outcomes = await onEachServer(selected, async (client, {entry}) => {
    const print = (record: ServerLogRecord): void =>
      void printer.print({
        ...record,
        level: record.level ?? undefined,
        source: [...(isSeveral ? [entry.name] : []), ...sourceOf(record)],
        document: {server: entry.name, ...record},
      });
    printer.signal.addEventListener('abort', client.close);
    const read = createReading(client, {deployment: selected.name, release: flags.release ?? null}, wanted);
    // Who closes the connection because nobody reads any more is told that it ended.
    await read(print).catch(error => (printer.signal.aborted ? undefined : Promise.reject(error)));
  });
  // What was asked for has been printed.
  if (outcomes.some(({ok}) => !ok)) printOutcomes(outcomes, {json: flags.json, print: () => undefined});
}

const ALL = Number.MAX_SAFE_INTEGER;

type Reading = (onRecord: (record: ServerLogRecord) => void) => Promise<void>;
type Place = Pick<ParamsOf<'logs'>, 'deployment' | 'release'>;
type ParamsOf<M extends keyof ServerMethods> = ServerMethods[M]['params'];

/** A server does not run a pattern that somebody writes: with one, all of the log comes and is searched here. */
function createReading(client: ControlClient<ServerMethods>, place: Place, wanted: WantedLines): Reading {
  const {count = ALL, since = 0, level = null, instance = null, pattern, isFollowed: follow} = wanted;
  const query = {...place, since, level, instance};
  if (!pattern)
    return async onEvent => void (await client.call('logs', {...query, count, after: 0, follow}, {onEvent}));
  return async onRecord => {
    let after = 0;
    const found: ServerLogRecord[] = [];
    const keep = (record: ServerLogRecord): void => {
      after = record.id;
      if (pattern.test(record.text)) found.push(record);
      if (found.length > count) found.shift();
    };
    await client.call('logs', {...query, count: ALL, after, follow: false}, {onEvent: keep});
    found.forEach(onRecord);
    const pass = (record: ServerLogRecord): void => {
      if (record.id > after && pattern.test(record.text)) onRecord(record);
    };
    if (follow) await client.call('logs', {...query, count: ALL, after, follow}, {onEvent: pass});
  };
}

const sourceOf = ({stream, release, instance}: ServerLogRecord): readonly string[] =>
  stream === 'tako' ? [] : [`${release?.slice(0, 7) ?? ''}#${instance ?? ''}`];
