import type {Change} from '../../system/changes/change.js';
import type {Run} from '../../system/exec.js';

/** What the machine is looked at through. `root` is where the file system begins; only a test says other than `/`. */
export type MachineWorld = {
  readonly platform: NodeJS.Platform;
  readonly run: Run;
  /** Whose daemon it is that is to get names and ports. */
  readonly user: {readonly uid: number; readonly name: string; readonly home: string};
  readonly root?: string;
};

/** What a planner comes to, from facts alone: the same facts give the same plan. */
export type MachinePlan = {
  /** All that tako wants of the machine, also what stands already: what is left of it is found by `planChanges`. */
  readonly changes: readonly Change[];
  /** What people are told beside it: `.test belongs to Valet here; apps are served at NAME.tako.test`. */
  readonly notes: readonly string[];
};
