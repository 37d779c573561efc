// An app as text: all that is known of it.

import type {AppStatus} from '../../control/events.js';
import {describeDependents, describeState, problemLines} from '../describe.js';
import {formatBytes, formatCount, formatDuration, formatLatency} from '../format.js';
import type {Style} from '../style.js';
import {wrapLines} from '../text/wrap-lines.js';

/** Rows of at most so many columns. */
export const appDetail = (status: AppStatus | null, now: number, columns: number, style: Style): readonly string[] =>
  wrapLines(detailLines(status, now, style), columns, style);

function detailLines(status: AppStatus | null, now: number, style: Style): readonly string[] {
  if (status === null) return [style.dim('waiting for the daemon')];
  const {problem} = status;
  const facts = factsOf(status, now);
  const columns = Math.max(...facts.map(([name]) => name.length)) + 2;
  return [
    ...(problem ? problemLines(problem).map(style.red) : [describeState(status)]),
    ...facts.map(([name, value]) => style.dim(name.padEnd(columns)) + value),
  ];
}

type Fact = readonly [name: string, value: string];

function factsOf(status: AppStatus, now: number): readonly Fact[] {
  const {urls, directory, command, startedAt, memoryBytes, traffic, restarts = 0, lan} = status;
  return [
    ...urls.map((url, index): Fact => [index === 0 ? 'address' : '', url]),
    ...(lan ? [['LAN', lan.url] as const, ['for phones', lan.onboardingUrl] as const] : []),
    ['folder', directory],
    ['command', command.join(' ')],
    ...describeDependents(status).map((text): Fact => ['runs', text]),
    ...(startedAt === null ? [] : [['up', formatDuration(now - startedAt)] as const]),
    ...(memoryBytes === null ? [] : [['memory', formatBytes(memoryBytes)] as const]),
    ['restarts', formatCount(restarts)],
    ...(traffic
      ? [
          [
            'requests',
            `${formatCount(traffic.requests)} (${traffic.requestsPerSecond.toFixed(1)} per second)`,
          ] as const,
          ['p95', traffic.p95Ms === null ? 'none in the last minute' : formatLatency(traffic.p95Ms)] as const,
          ['errors', formatCount(traffic.errors)] as const,
        ]
      : []),
  ];
}
