// Not by its name: the tracer of Next 15 takes `fs.constants` in the same bundle for it, and fails.
import os from 'node:os';
import {renderError} from './error.js';
import {runtimeState} from './runtime-state.js';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Of all that this process serves. */
const ends: (() => Promise<void>)[] = [];
let isEnding = false;

/**
 * At the first signal `end` is run, with those of others, and then the process ends, also when the app's timers and
 * connections would keep it alive. A second one ends it at once.
 */
export function endOnSignals(end: () => Promise<void>): void {
  ends.push(end);
  if (ends.length > 1) return;
  for (const signal of SIGNALS) process.on(signal, onSignal);
}

function onSignal(signal: NodeJS.Signals): void {
  if (isEnding) process.exit(128 + os.constants.signals[signal]);
  isEnding = true;
  runtimeState().phase = 'draining';
  Promise.all(ends.map(end => end())).then(() => process.exit(0), endFailed);
}

/** Nobody may hold it up any more, not even a handler of uncaught exceptions. */
function endFailed(error: unknown): void {
  console.error(renderError(error));
  process.exit(1);
}
