import {closeSync} from 'node:fs';
import type {Readable} from 'node:stream';
import type {BootstrapWriter} from './bootstrap-writer.js';
import {removeReport} from './contract-pipes.js';
import type {Exit} from './instance.js';
import {killGroup} from './process-group.js';
import {createSigns} from './readiness-signs.js';
import {NO_REPORTS, type ReportIntake, type ReportState, readReports} from './report-channel.js';
import type {SpawnedApp} from './spawn.js';

/** Our ends of the pipes of a process that is our child. */
export type AppStreams = {
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Of the app's file descriptor 4. */
  readonly pipe: Readable;
  readonly bootstrap: BootstrapWriter | undefined;
  readonly report: ReportPipe | undefined;
};

/** The FIFO that the app's processes report on. That we have its other end open too keeps it from ending. */
export type ReportPipe = {readonly stream: Readable; readonly anchor: number; readonly file: string};

/** An app whose streams are known, so that they can be given to a program that follows ours in this process. */
export type ChildApp = SpawnedApp & {readonly streams: AppStreams; readonly reportIntake: ReportIntake | undefined};

export type ChildAppParts = {
  readonly facts: {
    readonly pid: number;
    readonly instanceId: string;
    /** The PORT the app was told. Undefined: it speaks the contract. */
    readonly port: number | undefined;
    readonly isPinned: boolean;
  };
  readonly exited: Promise<Exit>;
  readonly end: SpawnedApp['end'];
  readonly streams: AppStreams;
  /** What was reported to the program before. */
  readonly reported?: ReportState;
};

/** Puts together what is known of a process and its pipes. */
export function createChildApp({facts, exited, end, streams, reported}: ChildAppParts): ChildApp {
  const {pid, instanceId, port, isPinned} = facts;
  const {stdout, stderr, pipe, bootstrap, report} = streams;
  const over = new AbortController();
  const reportIntake = report && readReports(report.stream, reported);
  const reports = reportIntake?.reports ?? NO_REPORTS;
  return {
    ...{pid, instanceId, stdout, stderr, exited, end, streams, reportIntake},
    reservedPort: isPinned ? undefined : port,
    signs: createSigns({pipe, port, isPinned, reports, over: over.signal}),
    listensOn: () => {},
    kill: () => killGroup(pid),
    close: () => {
      if (over.signal.aborted) return;
      over.abort();
      for (const stream of [stdout, stderr, pipe, bootstrap?.socket]) stream?.destroy();
      if (report) closeReportPipe(report);
    },
  };
}

function closeReportPipe({stream, anchor, file}: ReportPipe): void {
  stream.destroy();
  closeSync(anchor);
  removeReport(file);
}
