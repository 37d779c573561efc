import {type Recognized, recognize, recognizeExport} from '../servable.js';

export type Module = Readonly<Record<string, unknown>>;

/**
 * What of a server's module answers requests: its default export, else its own `fetch`, else `handler`, as frameworks call
 * what goes between the middleware of a Node server. Throws a TypeError where there is none.
 */
export function recognizeModule(module: Module, file: string): Recognized {
  const byName = typeof module.fetch === 'function' ? module : module.handler;
  const recognized = recognizeExport(module.default) ?? recognize(byName);
  if (recognized) return recognized;
  throw new TypeError(`${file} exports nothing that answers requests: write export default {fetch(request) { … }}`);
}
