// What `tako.sh/vite/server` exports: what a server that Vite built runs with.

import {isListening} from '../is-listening.js';
import {runtimeState} from '../runtime-state.js';
import {serveRecognized} from '../serve.js';
import {listClientFiles} from './client-files.js';
import {withClientFiles} from './file-server.js';
import {builtPages, setPageReader} from './pages.js';
import {type Module, recognizeModule} from './recognize-module.js';

export {readPage} from './pages.js';

export type Build = {
  /** Loads the server's own entry. */
  load(): Promise<Module>;
  /** Its name, for people. */
  readonly file: string;
  /** The folder of what the same app's pages are made of. It need not be there. */
  readonly client: URL;
  /** The path in front of all files. */
  readonly base: string;
};

/**
 * Serves what the entry of a build exports, behind the files that belong to it. For `tako-entry.mjs`; an entry that listens
 * by itself is left alone. Rejects with what `serve` of `tako.sh` does.
 */
export async function serveBuild({load, file, client, base}: Build): Promise<void> {
  setPageReader(builtPages(client));
  const module = await load();
  if (runtimeState().isServed || isListening()) return;
  await serveRecognized(withClientFiles(recognizeModule(module, file), listClientFiles(client, base)));
}
