// An app that the holder before has started, in this same process.

import {constants, openSync} from 'node:fs';
import type {Socket} from 'node:net';
import {Readable} from 'node:stream';
import {writeBootstrap} from '../../supervisor/bootstrap-writer.js';
import {type AppStreams, type ChildApp, createChildApp} from '../../supervisor/child-app.js';
import {exitOfInherited} from '../../supervisor/inherited-exit.js';
import {endGroup} from '../../supervisor/process-group.js';
import {descriptorOf} from '../../system/descriptors.js';
import type {InheritedAppState} from './handover-table.js';

/** Its pipes, by name, as far as they are open. */
export type AppSockets = {readonly [name in 'stdout' | 'stderr' | 'pipe' | 'bootstrap' | 'report']?: Socket};

/** The descriptors of an app's pipes that are open. */
export function descriptorsOf({stdout, stderr, pipe, bootstrap, report}: AppStreams): ReadonlyMap<string, number> {
  const streams = {stdout, stderr, pipe, bootstrap: bootstrap?.socket, report: report?.stream};
  return new Map(
    Object.entries(streams).flatMap(([name, stream]) => {
      const fd = stream && descriptorOf(stream);
      return fd === undefined ? [] : [[name, fd] as const];
    }),
  );
}

export function inheritApp(before: InheritedAppState, sockets: AppSockets): ChildApp {
  const {instance, pid, spec, port, exit, report} = before;
  return createChildApp({
    facts: {pid, instanceId: instance, port, isPinned: spec.port !== undefined},
    exited: exit ? Promise.resolve(exit) : exitOfInherited(pid),
    end: (graceMs, clock) => endGroup(pid, graceMs, clock, {isReaped: false}),
    streams: streamsOf(before, sockets),
    ...(report ? {reported: report} : {}),
  });
}

function streamsOf({bootstrap, report}: InheritedAppState, sockets: AppSockets): AppStreams {
  return {
    stdout: sockets.stdout ?? endedStream(),
    stderr: sockets.stderr ?? endedStream(),
    pipe: sockets.pipe ?? endedStream(),
    bootstrap: sockets.bootstrap && writeBootstrap(sockets.bootstrap, Buffer.from(bootstrap ?? '', 'base64')),
    report: sockets.report && report && {stream: sockets.report, anchor: openAnchor(sockets.report), file: report.file},
  };
}

/** Of a pipe that had ended before. */
const endedStream = (): Readable => Readable.from([], {objectMode: false});

/** The other end of the same FIFO. */
const openAnchor = (socket: Socket): number =>
  openSync(`/proc/self/fd/${descriptorOf(socket)}`, constants.O_WRONLY | constants.O_NONBLOCK);
