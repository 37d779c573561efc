import {readBootstrap} from './bootstrap.js';
import {writeDescriptor} from './descriptors.js';
import {type RuntimeState, runtimeState} from './runtime-state.js';

/** The descriptor on which an app says where it listens. */
const READY_FD = 4;

/**
 * To be called before the app's own code runs: takes what tako delivered, so that everything that asks later finds it.
 * Doing it twice is doing it once. Throws BOOTSTRAP_INVALID.
 */
export function installRuntime(): RuntimeState {
  readBootstrap();
  return runtimeState();
}

/** Tells tako, once, that the app listens on a port of 127.0.0.1 and may be sent requests. Without tako, only `tako.port` knows. */
export function reportReady(port: number): void {
  const state = runtimeState();
  state.port = port;
  if (state.phase === 'starting') state.phase = 'healthy';
  if (state.isReported) return;
  state.isReported = true;
  writeDescriptor(READY_FD, `${port}\n`);
}
