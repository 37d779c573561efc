// `node app.js` without tako: Bun serves what the main module exports by itself; on Node this does, for a module that imports
// tako.sh.

import {readFileSync, realpathSync} from 'node:fs';
import {pathToFileURL} from 'node:url';
import {isMainThread} from 'node:worker_threads';
import {endWithError} from './fail.js';
import {isListening} from './is-listening.js';
import {runtimeState} from './runtime-state.js';
import {recognizeExport} from './servable.js';
import {serveRecognized} from './serve.js';

/** Looks, when the program's modules have been loaded, whether its main module is to be served. */
export function serveMainModule(): void {
  if ('Bun' in globalThis || 'Deno' in globalThis || !isMainThread || runtimeState().isLaunched) return;
  const file = mainFile();
  if (file === undefined) return;
  setImmediate(() => void serveWhenLoaded(file).catch(endWithError));
}

async function serveWhenLoaded(file: string): Promise<void> {
  // It is loading already, so this only waits for it.
  const {default: value} = (await import(pathToFileURL(file).href)) as {readonly default?: unknown};
  if (runtimeState().isServed || isListening()) return;
  const recognized = recognizeExport(await value);
  if (recognized?.form === 'fetch') await serveRecognized(recognized);
}

const SAYS = [/\bexport\s+default\b|\bas\s+default\b|\bmodule\.exports\b/, /['"]tako\.sh(?:\/server)?['"]/] as const;

/** The program's own file, if that text imports tako.sh and has a default export. Programs of packages are never touched. */
function mainFile(): string | undefined {
  try {
    const file = realpathSync(process.argv[1] ?? '');
    const text = file.includes('/node_modules/') ? '' : readFileSync(file, 'utf8');
    return SAYS.every(pattern => pattern.test(text)) ? file : undefined;
  } catch {
    return undefined;
  }
}
