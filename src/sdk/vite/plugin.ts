import {prepareDevServer} from './dev-server.js';
import {devServerSettings} from './dev-settings.js';
import {makeEntry, serverBuildSettings} from './server-build.js';
import type {
  AddedSettings,
  BuildContext,
  Bundle,
  ResolvedSettings,
  ViteCommand,
  ViteDevServer,
  WrittenSettings,
} from './vite-types.js';

export type TakoViteOptions = {
  /**
   * The module whose handler answers every request that is not for a file: `export default {fetch}` or a function. In
   * development Vite runs it and takes up its edits; `vite build` makes pages and server at once, which needs Vite 6 or later.
   * Without it, nothing but the files is served, or a framework on Vite brings the server.
   */
  server?: string;
};

/** A plugin as Vite takes it. */
export type TakoVitePlugin = {
  name: string;
  config(settings: WrittenSettings, command: ViteCommand): AddedSettings;
  configResolved(settings: ResolvedSettings): void;
  configureServer(server: ViteDevServer): () => void;
  generateBundle(this: BuildContext, options: unknown, bundle: Bundle): void;
};

/**
 * Fits an app on Vite into tako. In development its server takes tako's names and port, and has the secrets for code that runs
 * in it. A build for the server gets `tako-entry.mjs` beside what it made, which is run as it is: `node dist/server/tako-entry.mjs`.
 */
export function tako({server}: TakoViteOptions = {}): TakoVitePlugin {
  let resolved: ResolvedSettings | undefined;
  return {
    name: 'tako',
    config: (settings, {command, isPreview}) => ({
      ...(command === 'serve' && !isPreview ? {server: devServerSettings(settings.server, process.env)} : {}),
      ...(server === undefined ? {} : serverBuildSettings(settings, server)),
    }),
    configResolved(settings) {
      resolved = settings;
    },
    configureServer: vite => prepareDevServer(vite, server),
    generateBundle(_, bundle) {
      if (resolved) makeEntry(this, bundle, resolved);
    },
  };
}
