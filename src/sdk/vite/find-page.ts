import {existsSync} from 'node:fs';
import path from 'node:path';
import type {ViteDevServer, ViteRequest} from './vite-types.js';

/**
 * The path of the page that a file of the project is for this request, below the base; by the same rules as in production,
 * where a file is answered with before the app is asked. Undefined: there is none.
 */
export function findPage(
  {method, url = '/', originalUrl = url}: Pick<ViteRequest, 'method' | 'url' | 'originalUrl'>,
  {root, base, appType}: ViteDevServer['config'],
): string | undefined {
  if (appType === 'custom' || (method !== 'GET' && method !== 'HEAD')) return undefined;
  const asked = decodePath(originalUrl, base);
  if (asked === undefined) return undefined;
  const file = asked.endsWith('/') ? `${asked}index.html` : asked.endsWith('.html') ? asked : `${asked}.html`;
  return existsSync(path.join(root, file)) ? encodeURI(file) : undefined;
}

/** Without the base; undefined for what is not below it, and for what is no path of a file. */
function decodePath(target: string, base: string): string | undefined {
  const [raw = ''] = target.split(/[?#]/, 1);
  if (!raw.startsWith(base)) return undefined;
  try {
    const decoded = decodeURIComponent(`/${raw.slice(base.length)}`);
    return /(?:^|\/)\.|\0|\\/.test(decoded) ? undefined : decoded;
  } catch {
    return undefined;
  }
}
