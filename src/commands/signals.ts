import type {DevOutcome} from '../ui/dev-session.js';

export type Signals = {
  readonly signal: AbortSignal;
  /** What a signal asked for, or else what the screen answered. */
  outcome(shown: DevOutcome): DevOutcome;
  /** Ends what listens to `signal`. */
  end(): void;
  close(): void;
};

/** Ctrl-C and SIGTERM stop the apps; a terminal that goes away leaves them running. */
export function listenForSignals(): Signals {
  const controller = new AbortController();
  let asked: DevOutcome | undefined;
  const ask = (outcome: DevOutcome) => (): void => {
    asked ??= outcome;
    controller.abort();
  };
  const listeners = {SIGINT: ask('stop'), SIGTERM: ask('stop'), SIGHUP: ask('background')};
  for (const [name, listener] of Object.entries(listeners)) process.on(name, listener);
  return {
    signal: controller.signal,
    outcome: shown => asked ?? shown,
    end: () => controller.abort(),
    close: () => {
      for (const [name, listener] of Object.entries(listeners)) process.off(name, listener);
    },
  };
}
