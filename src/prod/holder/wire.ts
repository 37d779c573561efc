// Between values of this program and what travels: JSON has no undefined.

import type {Exit} from '../../supervisor/instance.js';
import type {LaunchSpec} from '../../supervisor/launch-spec.js';
import {NotSpawned} from '../../supervisor/spawn.js';
import {errorCode, TakoError} from '../../system/error.js';
import type {Isolation} from './isolation.js';
import type {Failure, HolderMessage, WireFailure, WireIsolation, WireSpec} from './protocol.js';

export const wireSpec = (spec: LaunchSpec): WireSpec => ({
  app: spec.app,
  command: [...spec.command],
  directory: spec.directory,
  environment: definedOf(spec.environment),
  bootstrap: {
    token: spec.bootstrap.token,
    secrets: {...spec.bootstrap.secrets},
    storages: {...spec.bootstrap.storages},
  },
  ready: spec.ready,
  port: spec.port ?? null,
  restart: spec.restart,
  readyTimeoutMs: Math.round(spec.readyTimeoutMs),
  graceMs: Math.round(spec.graceMs),
});

const definedOf = (environment: Readonly<NodeJS.ProcessEnv>): Record<string, string> =>
  Object.fromEntries(Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined));

export const wireIsolation = ({uid, gid, cgroup, limits}: Isolation): WireIsolation => ({
  uid: uid ?? null,
  gid: gid ?? null,
  cgroup: cgroup ?? null,
  limits: {memoryBytes: limits.memoryBytes, processes: limits.processes, openFiles: limits.openFiles},
});

export const exitOf = ({code, signal, reason}: (HolderMessage & {type: 'exit'})['exit']): Exit => ({
  code,
  signal,
  ...(reason === undefined ? {} : {reason}),
});

/** What the other side is told of an error. */
export function wireFailure(error: unknown): WireFailure {
  if (error instanceof NotSpawned) return wireNotSpawned(error.reason);
  if (error instanceof TakoError) {
    const {code, message, hint = null, details} = error;
    return {kind: 'problem', code, message, hint, details: [...details]};
  }
  return {kind: 'bug', message: error instanceof Error ? (error.stack ?? error.message) : String(error)};
}

function wireNotSpawned(reason: NotSpawned['reason']): WireFailure {
  if (reason.outcome === 'port-taken') return {kind: 'port-taken', port: reason.port, pid: reason.pid ?? null};
  const {cause} = reason;
  const message = cause instanceof Error ? cause.message : String(cause);
  return {kind: 'refused', code: errorCode(cause) ?? null, message};
}

/** The error that the other side was told. */
export function failureOf(failure: Failure): Error {
  switch (failure.kind) {
    case 'port-taken':
      return new NotSpawned({outcome: 'port-taken', port: failure.port, pid: failure.pid});
    case 'refused': {
      const {code, message} = failure;
      const cause = Object.assign(new Error(message), code === undefined ? {} : {code});
      return new NotSpawned({outcome: 'refused', cause});
    }
    case 'problem': {
      const {code, message, hint, details} = failure;
      return new TakoError(code, message, {details, ...(hint === undefined ? {} : {hint})});
    }
    case 'bug':
      return new Error(`the holder failed: ${failure.message}`);
  }
}
