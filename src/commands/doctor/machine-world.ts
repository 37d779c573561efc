import {homedir} from 'node:os';
import {type Run, run} from '../../system/exec.js';

/** What doctor looks at the machine through. `root` is where the file system begins; only a test says other than `/`. */
export type DoctorWorld = {
  readonly platform: NodeJS.Platform;
  readonly environment: NodeJS.ProcessEnv;
  readonly home: string;
  readonly root: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Ends what takes longer than a few seconds. */
  readonly run: Run;
};

/** No tool that only reads takes this long on a machine that works. */
const LONGEST_RUN_MS = 5_000;

export const thisMachine = (): DoctorWorld => ({
  platform: process.platform,
  environment: process.env,
  home: homedir(),
  root: '/',
  now: Date.now(),
  run: (command, options) =>
    run(command, {...options, timeoutMs: Math.min(options?.timeoutMs ?? Infinity, LONGEST_RUN_MS)}),
});
