// `tako exec`: commands that run here for as long as somebody is connected. After a reload they go on in the process that
// started them, for as long as that may finish what is under way.

import {TakoError} from '../../system/error.js';
import type {AppSpawner} from './app-spawner.js';
import type {HandlersOptions} from './handlers.js';
import {type OneOffWorld, runOnce} from './one-off.js';

export type Execs = {
  readonly run: HandlersOptions['exec'];
  /** Ends those that run then: whoever waits for them is told EXEC_ENDED. */
  endAfter(milliseconds: number): void;
};

export function createExecs(spawner: Pick<AppSpawner, 'placeOf'>, world: OneOffWorld): Execs {
  const ending = new AbortController();
  return {
    async run({name, token, release, secrets}, command, onLine, signal) {
      const place = {...(await spawner.placeOf(name, token)), secrets};
      const over = AbortSignal.any([signal, ending.signal]);
      const exit = await runOnce({command, release, place, onLine, signal: over}, world);
      if (ending.signal.aborted) throw execEnded();
      return exit;
    },
    endAfter: milliseconds => void setTimeout(() => ending.abort(), milliseconds).unref(),
  };
}

const execEnded = (): TakoError =>
  new TakoError('EXEC_ENDED', 'the server was reloaded minutes ago, and ended the command, which was still running', {
    hint: 'run it again, or deploy what takes so long as an app of its own',
  });
