import type {UploadProgress} from '../prod/remote/upload.js';
import type {StepRow, StepState} from './deploy-view.js';
import {formatSeconds, STEPS} from './deploy-words.js';
import {formatBytes} from './format.js';
import type {Style} from './style.js';

/** How long each picture of the running mark stays, in milliseconds. */
export const MARK_MS = 100;
const RUNNING_MARKS = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const;

export type RowOptions = {
  readonly servers: readonly string[];
  readonly style: Style;
  /** As `performance.now()` gives it. */
  readonly now: number;
};

/** `✓ build            4.2 s`, `⠙ upload           one 45 %, 1.2 MB of 2.7 MB, 3.1 s · two 0.4 s`. */
export function renderRow({step, servers: states}: StepRow, options: RowOptions): string {
  const {servers, style} = options;
  const parts = [...states].map(([server, state]) => {
    const text = stateText(state, options);
    return server === null || servers.length < 2 ? text : `${server} ${text}`;
  });
  return `${markOf([...states.values()], options)} ${STEPS[step].label.padEnd(LABEL_COLUMNS)} ${parts.join(style.dim(' · '))}`;
}

const LABEL_COLUMNS = Math.max(...Object.values(STEPS).map(({label}) => label.length)) + 1;

/** One mark for all servers: a failure is seen at once, and done is what is done everywhere. */
function markOf(states: readonly StepState[], {style, now}: RowOptions): string {
  const has = (word: StepState['state']): boolean => states.some(({state}) => state === word);
  if (has('failed') || states.some(one => one.state === 'left' && !one.goesOn)) return style.red('✗');
  if (has('running')) return style.yellow(RUNNING_MARKS[Math.floor(now / MARK_MS) % RUNNING_MARKS.length] ?? '');
  return has('left') ? style.yellow('→') : style.green('✓');
}

function stateText(state: StepState, {style, now}: RowOptions): string {
  switch (state.state) {
    case 'running':
      return [...progressWords(state.progress), style.dim(formatSeconds(now - state.startedAt))].join(', ');
    case 'done':
      return style.dim([...uploadedWords(state.progress), state.note ?? formatSeconds(state.elapsedMs)].join(', '));
    case 'failed':
      return style.red('failed');
    case 'left':
      return style.yellow(state.goesOn ? 'goes on there' : 'interrupted');
  }
}

function progressWords(progress: UploadProgress | null): readonly string[] {
  if (progress === null) return [];
  const {readBytes, totalBytes} = progress;
  const percent = totalBytes === 0 ? 100 : Math.floor((readBytes / totalBytes) * 100);
  return [`${percent} %`, `${formatBytes(readBytes)} of ${formatBytes(totalBytes)}`];
}

function uploadedWords(progress: UploadProgress | null): readonly string[] {
  if (progress === null) return [];
  const {totalObjects, totalBytes} = progress;
  return [`${totalObjects} ${totalObjects === 1 ? 'file' : 'files'}`, formatBytes(totalBytes)];
}
