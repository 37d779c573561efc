import type {AppStatus} from '../control/events.js';
import {describeDependents, describeExit, stateWord} from './describe.js';
import {formatBytes, formatDuration} from './format.js';
import type {Style} from './style.js';

export type StateLook = {readonly dot: string; readonly words: string};

/** How an app's state looks in the strip. Null: the daemon has not told yet. */
export function stateLook(status: AppStatus | null, style: Style): StateLook {
  if (status === null) return {dot: style.dim('○'), words: style.dim('waiting for the daemon')};
  const word = stateWord(status);
  const paint = paintOf(word, status.problem !== null, style);
  return {dot: paint(word === 'stopped' || word === 'exited' ? '○' : '●'), words: paint(wordsOf(status))};
}

/** `for web`, `pid 4711`, `up 4m 12s`, `48.2 MB`, as far as they are known. */
export const stateFacts = (status: AppStatus, now: number): string[] => {
  const {pid, startedAt, memoryBytes} = status;
  return [
    ...describeDependents(status),
    ...(pid === null ? [] : [`pid ${pid}`]),
    ...(startedAt === null ? [] : [`up ${formatDuration(now - startedAt)}`]),
    ...(memoryBytes === null ? [] : [formatBytes(memoryBytes)]),
  ];
};

function wordsOf(status: AppStatus): string {
  const exit = status.exit === null ? '' : ` with ${describeExit(status.exit)}`;
  return status.state === 'backing-off' ? `crashed${exit}, starts again` : stateWord(status) + exit;
}

function paintOf(word: ReturnType<typeof stateWord>, hasProblem: boolean, style: Style): (text: string) => string {
  switch (word) {
    case 'ready':
      return style.green;
    case 'starting':
    case 'restarting':
    case 'draining':
      return style.yellow;
    case 'backing-off':
    case 'crashed':
      return style.red;
    case 'exited':
    case 'stopped':
      return hasProblem ? style.red : style.dim;
  }
}
