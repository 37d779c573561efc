// The logs of deployments: what their processes say, what the supervisor says of those, and what the server says of all.

import path from 'node:path';
import type {DeploymentName} from '../../control/server-methods.js';
import type {LogBuffer} from '../../supervisor/log-buffer.js';
import {createLogFile, type LogFile} from '../../supervisor/log-files/log-file.js';
import type {Supervisor} from '../../supervisor/supervisor.js';
import type {Clock} from '../../system/clock.js';
import {deploymentKey, parseDeploymentKey, parseInstanceName} from './instance-name.js';

export type DeploymentLogs = {
  of(name: DeploymentName): LogFile;
  /** A line of the server's own. */
  say(name: DeploymentName, text: string): void;
  /** Takes up what an instance's log says from now on; once for each log that an instance of this name has. */
  follow(instance: string): void;
  /** Closes the log, for its files to be deleted. */
  forget(name: DeploymentName): Promise<void>;
  close(): Promise<void>;
};

export type DeploymentLogsOptions = {
  readonly folder: string;
  readonly clock: Clock;
  readonly supervisor: Pick<Supervisor, 'logs'>;
  readonly onError: (error: unknown) => void;
};

export function createDeploymentLogs({folder, clock, supervisor, onError}: DeploymentLogsOptions): DeploymentLogs {
  const files = new Map<string, LogFile>();
  const followed = new Map<string, {readonly buffer: LogBuffer; readonly leave: () => void}>();

  function of(name: DeploymentName): LogFile {
    const key = deploymentKey(name);
    const file = files.get(key) ?? createLogFile({folder: folderOf(name), clock, onError});
    files.set(key, file);
    return file;
  }
  const folderOf = ({app, environment}: DeploymentName): string => path.join(folder, app, environment);

  function follow(instance: string): void {
    const parsed = parseInstanceName(instance);
    if (!parsed) return;
    const buffer = supervisor.logs(instance);
    // One that was ended and is started again, as by a rollback, has a new log.
    if (followed.get(instance)?.buffer === buffer) return;
    followed.get(instance)?.leave();
    const {deployment, release, number} = parsed;
    const file = of(parseDeploymentKey(deployment));
    const leave = buffer.subscribe(({time, stream, level, text}) =>
      file.append({time, stream, level, text, release, instance: number}),
    );
    followed.set(instance, {buffer, leave});
  }

  return {
    of,
    follow,
    say: (name, text) => of(name).append({stream: 'tako', level: 'info', text}),
    async forget(name) {
      const key = deploymentKey(name);
      for (const [instance, {leave}] of followed) {
        if (!instance.startsWith(`${key}@`)) continue;
        leave();
        followed.delete(instance);
      }
      await files.get(key)?.close();
      files.delete(key);
    },
    async close() {
      for (const {leave} of followed.values()) leave();
      await Promise.all([...files.values()].map(file => file.close()));
    },
  };
}
