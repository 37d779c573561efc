import type {ServerLogRecord} from '../../control/server-methods.js';
import {TakoError} from '../../system/error.js';
import {printJson, printResult} from '../output.js';
import {printOutcomes} from '../servers-outcome.js';
import {type DeploymentFlags, onEachServer, selectDeployment} from './deployment-context.js';

export type DeploymentLogsFlags = DeploymentFlags & {
  readonly follow?: boolean;
  readonly lines: number;
  /** `10m`: as long ago. */
  readonly since?: string;
  readonly release?: string;
};

/** The log of what is deployed: its processes' output and what its servers say of them. */
export async function deploymentLogs(flags: DeploymentLogsFlags): Promise<void> {
  const selected = await selectDeployment(flags);
  const isSeveral = selected.servers.length > 1;
  const since = flags.since === undefined ? 0 : Date.now() - durationOf(flags.since);
  const outcomes = await onEachServer(selected, (client, {entry}) => {
    const query = {
      deployment: selected.name,
      count: flags.lines,
      since,
      release: flags.release ?? null,
      follow: flags.follow === true,
    };
    const onEvent = (record: ServerLogRecord): void =>
      flags.json
        ? printJson({server: entry.name, ...record})
        : printResult(render(record, isSeveral ? entry.name : ''));
    return client.call('logs', query, {onEvent});
  });
  // What was asked for has been printed.
  if (outcomes.some(({ok}) => !ok)) printOutcomes(outcomes, {json: flags.json, print: () => undefined});
}

const UNITS: Readonly<Record<string, number>> = {s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000};

function durationOf(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const ms = Number(digits) * (UNITS[unit] ?? 0);
  if (ms === 0) throw new TakoError('BAD_DURATION', `"${text}" is not a duration`, {hint: 'write it as 10m, 2h or 3d'});
  return ms;
}

function render({time, stream, release, instance, text}: ServerLogRecord, server: string): string {
  const source = stream === 'tako' ? 'tako' : `${release?.slice(0, 7) ?? ''}#${instance ?? ''}`;
  return `${new Date(time).toISOString().replace('T', ' ').slice(0, 19)} ${server ? `${server} ` : ''}${source} | ${text}`;
}
