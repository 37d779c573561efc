import {constants} from 'node:os';
import {renderError} from './error.js';
import {runtimeState} from './runtime-state.js';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * At the first signal `end` is run and then the process ends, also when the app's timers and connections would keep it
 * alive. A second one ends it at once.
 */
export function endOnSignals(end: () => Promise<void>): void {
  let isEnding = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (isEnding) process.exit(128 + constants.signals[signal]);
    isEnding = true;
    runtimeState().phase = 'draining';
    end().then(() => process.exit(0), endFailed);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
}

/** Nobody may hold it up any more, not even a handler of uncaught exceptions. */
function endFailed(error: unknown): void {
  console.error(renderError(error));
  process.exit(1);
}
