// What this process knows of itself as an app of tako.
//
// It hangs on the global object, because there can be more than one copy of this module in a process: the
// launcher's, that of a bundle the app was built into, and that of a dev server's module graph. File
// descriptor 3 can be read only once, so they have to share what came.

import type {Bootstrap} from './bootstrap.js';
import type {Exchange} from './exchange.js';

/** `starting` until it listens, `draining` from the signal to end. */
export type Phase = 'starting' | 'healthy' | 'draining';

export type RuntimeState = {
  phase: Phase;
  /** What tako delivered. Null: it has been asked for, and there is none. Undefined: not asked for yet. */
  bootstrap: Bootstrap | null | undefined;
  /** The port that is really listened on, as soon as it is. */
  port: number | undefined;
  /** The ready line is written once. */
  isReported: boolean;
  /** One of this package's programs runs the app and serves what it exports. */
  isLaunched: boolean;
  /** Something has been given to `serve`. */
  isServed: boolean;
  /** What can be done for a request beyond its answer, while it is handled. */
  readonly exchanges: WeakMap<object, Exchange>;
};

const KEY = Symbol.for('tako.sh/runtime/1');

/** The one state of this process; of a worker thread, its own. */
export function runtimeState(): RuntimeState {
  const holder = globalThis as {[KEY]?: RuntimeState};
  holder[KEY] ??= {
    phase: 'starting',
    bootstrap: undefined,
    port: undefined,
    isReported: false,
    isLaunched: false,
    isServed: false,
    exchanges: new WeakMap(),
  };
  return holder[KEY];
}
