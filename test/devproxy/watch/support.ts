import assert from 'node:assert/strict';
import {mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {onTestFinished} from 'vitest';
import {createSourceWatch, type SourceWatchOptions} from '../../../src/devproxy/watch/source-watch.js';

const WAIT_MS = 25_000;

/** A new folder with these files (path -> content), that goes with the test. */
export function createFolder(files: Readonly<Record<string, string>> = {}): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'tako-watch-')));
  onTestFinished(() => rmSync(folder, {recursive: true, force: true}));
  write(folder, files);
  return folder;
}

export function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), {recursive: true});
    writeFileSync(file, content);
  }
}

export async function until(what: string, isTrue: () => boolean): Promise<void> {
  const deadline = Date.now() + WAIT_MS;
  while (!isTrue()) {
    assert.ok(Date.now() < deadline, `waited in vain until ${what}`);
    await delay(10);
  }
}

export type StartedWatch = {
  /** One entry for each report. */
  readonly reports: (readonly string[])[];
  readonly problems: string[];
  seen(): string[];
  /** Waits until this file was reported. */
  untilSeen(file: string): Promise<void>;
  /** Changes a file that counts until that was reported, so that all before it was reported too. */
  flush(): Promise<void>;
  forget(): void;
  close(): Promise<void>;
};

let markers = 0;

/** A watch that is ready, and closed with the test. */
export async function startWatch(directory: string, more: Partial<SourceWatchOptions> = {}): Promise<StartedWatch> {
  const reports: (readonly string[])[] = [];
  const problems: string[] = [];
  const watch = createSourceWatch({
    directory,
    watch: [],
    ignore: [],
    debounceMs: 30,
    onChange: files => void reports.push(files),
    onProblem: message => void problems.push(message),
    ...more,
  });
  onTestFinished(() => watch.close());
  await watch.ready;
  const seen = (): string[] => reports.flat();
  const untilSeen = (file: string): Promise<void> =>
    until(`${file} is reported, not only ${JSON.stringify(reports)}`, () => seen().includes(file));
  return {
    reports,
    problems,
    seen,
    untilSeen,
    async flush() {
      const marker = `marker-${++markers}.ts`;
      write(directory, {[marker]: ''});
      await untilSeen(marker);
    },
    forget: () => void reports.splice(0),
    close: watch.close,
  };
}

/** What was reported beside the markers of `flush`. */
export const seenSource = (watch: StartedWatch): string[] =>
  [...new Set(watch.seen())].filter(file => !file.startsWith('marker-')).sort();
