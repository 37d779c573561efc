import type {AppStatus} from '../control/events.js';
import {describeExit, stateWord} from './describe.js';
import type {Style} from './style.js';

export type StateLook = {
  /** Painted. */
  readonly dot: string;
  /** As they are to be painted. */
  readonly words: string;
  readonly paint: (text: string) => string;
};

/** How an app's state looks in the strip. Null: the daemon has not told yet. */
export function stateLook(status: AppStatus | null, style: Style): StateLook {
  if (status === null) return {dot: style.dim('○'), words: 'waiting for the daemon', paint: style.dim};
  const word = stateWord(status);
  const paint = paintOf(word, status.problem !== null, style);
  return {dot: paint(word === 'stopped' || word === 'exited' ? '○' : '●'), words: wordsOf(status), paint};
}

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
