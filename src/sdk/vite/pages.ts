import {readFile} from 'node:fs/promises';

/** How the pages of an app are read where it runs: as a build left them, or by a dev server that puts its client in. */
type PageReader = (file: string) => Promise<string>;

// On the global object for the reason runtime-state.ts has: the app's copy of this module may be another one.
const KEY = Symbol.for('tako.sh/vite/pages/1');
type Holder = {[KEY]?: PageReader};

export function setPageReader(read: PageReader): void {
  (globalThis as Holder)[KEY] = read;
}

/** Reads the pages of a build. */
export const builtPages =
  (client: URL): PageReader =>
  file =>
    readFile(new URL(file, client), 'utf8');

/**
 * A page of the app as text, for a server that answers with it: for paths that a router in the browser knows, or with the
 * app's markup put in. Its name is relative to the folder of the Vite project. Rejects when there is no such page.
 */
export async function readPage(file = 'index.html'): Promise<string> {
  const read = (globalThis as Holder)[KEY];
  if (!read) throw new Error('readPage works in a server that Vite runs or that tako-entry.mjs serves');
  return read(file);
}
