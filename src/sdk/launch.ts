// What the programs in entrypoints/ do: load an app's main module and serve what it exports.

import path from 'node:path';
import {pathToFileURL} from 'node:url';
import {TakoError} from './error.js';
import {endWithError} from './fail.js';
import {isListening} from './is-listening.js';
import {installRuntime} from './ready.js';
import {runtimeState} from './runtime-state.js';
import {recognizeExport} from './servable.js';
import {serveRecognized} from './serve.js';

/**
 * Serves the app whose main module is the first argument; relative to the working folder. One that serves itself is left
 * alone. What goes wrong ends the process with 1.
 */
export async function launch(): Promise<void> {
  try {
    installRuntime().isLaunched = true;
    const main = takeMain();
    const module = (await import(pathToFileURL(main).href)) as {readonly default?: unknown};
    await serveExport(await module.default, main);
  } catch (error) {
    endWithError(error);
  }
}

/** The program sees the arguments it would see without the launcher. */
function takeMain(): string {
  const index = process.argv.findIndex((word, position) => position > 1 && !word.startsWith('-'));
  if (index === -1) throw new TakoError('MAIN_MISSING', 'there is no argument that says which file to serve');
  const main = path.resolve(process.argv[index] ?? '');
  process.argv.splice(index, 1);
  process.argv[1] = main;
  return main;
}

async function serveExport(value: unknown, main: string): Promise<void> {
  if (runtimeState().isServed) return;
  const recognized = recognizeExport(value);
  if (recognized) await serveRecognized(recognized).catch(unlessServed);
  else explainSilence(main);
}

/** An app that listens on PORT itself and exports its handler for tests is served already. */
function unlessServed(error: unknown): void {
  if (!(error instanceof TakoError && error.code === 'PORT_IN_USE' && isListening())) throw error;
}

/** It may listen later. If it never does, the process ends, and then it is said why. */
function explainSilence(main: string): void {
  process.once('beforeExit', () => {
    if (runtimeState().isServed) return;
    endWithError(
      new TakoError('NOT_SERVABLE', `${path.relative(process.cwd(), main)} exports nothing that answers requests`, {
        hint: 'write export default {fetch(request) { … }}, or give your app to serve of tako.sh',
      }),
    );
  });
}
