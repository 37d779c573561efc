import type {RequestListener} from 'node:http';
import {type Recognized, recognize, recognizeExport} from '../servable.js';

export type Module = Readonly<Record<string, unknown>>;

/**
 * What of a server's module answers requests: its default export, else its own `fetch`, else `handler`, as frameworks call
 * what goes between the middleware of a Node server. Throws a TypeError where there is none.
 */
export function recognizeModule(module: Module, file: string): Recognized {
  const recognized = recognizeExport(module.default) ?? recognizeNamed(module);
  if (recognized) return recognized;
  throw new TypeError(`${file} exports nothing that answers requests: write export default {fetch(request) { … }}`);
}

/** Whatever number of parameters it says it has: Astro's has them all in one. */
function recognizeNamed({fetch, handler, ...others}: Module): Recognized | undefined {
  if (typeof fetch === 'function') return recognize({...others, fetch});
  return typeof handler === 'function' ? {form: 'listener', listener: handler as RequestListener} : undefined;
}
