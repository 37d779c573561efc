import type {ProcessWorld} from './app-process.js';
import {type Attempt, beginAttempt, type Upstream} from './attempt.js';
import {type Instance, type InstanceEvent, STOPPED, transition} from './instance.js';
import type {LaunchSpec} from './launch-spec.js';

/** One app, of which at most one process group runs at a time. */
export type SupervisedApp = {
  instance(): Instance;
  /** Joins the attempt that is starting or ready; begins one if there is none. */
  start(spec: LaunchSpec): Promise<Upstream>;
  /** Begins a new attempt that replaces the present one; who waits for that waits for this one then. */
  restart(spec: LaunchSpec): Promise<Upstream>;
  /** Resolves when nothing of the app runs any more. */
  stop(): Promise<void>;
  /** Neither starting nor ready, nor about to. */
  isIdle(): boolean;
};

export function createSupervisedApp(world: ProcessWorld, onChange: (instance: Instance) => void): SupervisedApp {
  let instance = STOPPED;
  // The attempt that callers may join. It is let go the moment it fails, exits or is asked to stop.
  let current: Attempt | undefined;
  // All attempts so far have left nothing behind.
  let gone = Promise.resolve();

  const dispatch = (event: InstanceEvent): void => {
    const next = transition(instance, event);
    if (next === instance) return;
    instance = next;
    onChange(instance);
  };
  const begin = (spec: LaunchSpec): Attempt => {
    const onOver = (): void => {
      if (current === attempt) current = undefined;
    };
    const attempt = beginAttempt(spec, {...world, dispatch, previous: gone, onOver});
    gone = attempt.gone;
    return attempt;
  };
  const start = (spec: LaunchSpec): Promise<Upstream> => {
    current ??= begin(spec);
    return current.ready;
  };
  return {
    instance: () => instance,
    start,
    restart: spec => {
      const replaced = current;
      current = begin(spec);
      replaced?.replaceBy(current.ready);
      return current.ready;
    },
    stop: () => {
      current?.stop();
      current = undefined;
      return gone;
    },
    isIdle: () => current === undefined,
  };
}
