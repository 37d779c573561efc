import {setImmediate} from 'node:timers';
import {renderError, TakoError} from './error.js';

/**
 * Ends the process with 1. A mistake of use is told in two lines; anything else is left to the runtime, which shows where it
 * happened.
 */
export function endWithError(error: unknown): void {
  if (error instanceof TakoError) {
    console.error(renderError(error));
    process.exit(1);
  }
  setImmediate(() => {
    throw error;
  });
}
