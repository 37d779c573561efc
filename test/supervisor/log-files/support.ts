import {readdirSync, readFileSync} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {onTestFinished} from 'vitest';
import {createLogFile, type LogFile, type LogFileOptions} from '../../../src/supervisor/log-files/log-file.js';
import type {LogQuery} from '../../../src/supervisor/log-files/log-reader.js';
import type {LogRecord} from '../../../src/supervisor/log-files/log-record.js';

/** A path where there is no folder yet. */
export async function makeLogFolder(): Promise<string> {
  const parent = await mkdtemp(path.join(tmpdir(), 'tako-logs-'));
  onTestFinished(() => rm(parent, {recursive: true, force: true}));
  return path.join(parent, 'app', 'production');
}

/** A clock that moves only when its `time` is set. */
export const makeClock = () => {
  const clock = {time: 1_000, now: () => clock.time, sleep: async () => undefined};
  return clock;
};

export function openLog(folder: string, options: Partial<LogFileOptions> = {}): LogFile {
  const log = createLogFile({folder, clock: makeClock(), ...options});
  onTestFinished(() => log.close());
  return log;
}

export async function readAll(log: LogFile, query?: LogQuery): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for await (const record of log.read(query)) records.push(record);
  return records;
}

export const textsOf = (records: readonly LogRecord[]): string[] => records.map(({text}) => text);
export const idsOf = (records: readonly LogRecord[]): number[] => records.map(({id}) => id);

export const filesOf = (folder: string): string[] => readdirSync(folder).sort();
export const contentOf = (folder: string): string =>
  filesOf(folder)
    .map(name => readFileSync(path.join(folder, name), 'utf8'))
    .join('');

/** Appends lines of a text and a number, and waits until they are on disk. */
export async function say(log: LogFile, text: string, count = 1): Promise<void> {
  for (let number = 1; number <= count; number++)
    log.append({stream: 'stdout', text: count === 1 ? text : `${text} ${number}`});
  await log.flush();
}
