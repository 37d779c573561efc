// The files of a Vite build, for where no tako is in front that serves them before it asks the app. They are listed once, when
// the app starts: a request only looks into the list, so that no path leads out of the folder.

import {readdirSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

export type ClientFile = {readonly headers: Readonly<Record<string, string>>; read(): Promise<Buffer>};

export type ClientFiles = {
  /** The file for a request; undefined where the app is to answer. */
  find(method: string | undefined, target: string): ClientFile | undefined;
};

/** A folder that is not there has no files. `base` is the path that Vite puts in front of all of them. */
export function listClientFiles(folder: URL, base: string): ClientFiles {
  const prefix = base.startsWith('/') ? base : '/';
  const files = new Map(listFiles(fileURLToPath(folder)).flatMap(file => pathsOf(file).map(at => [prefix + at, file])));
  return {
    find(method, target) {
      if (method !== 'GET' && method !== 'HEAD') return undefined;
      const file = files.get(decodePath(target));
      return file && {headers: headersOf(file.name), read: () => readFile(file.place)};
    },
  };
}

/** `name` is relative to the folder, with slashes. */
type ListedFile = {readonly name: string; readonly place: string};

function listFiles(folder: string): readonly ListedFile[] {
  const entries = readDirectory(folder).filter(entry => entry.isFile());
  return entries
    .map(entry => path.join(entry.parentPath, entry.name))
    .map(place => ({place, name: path.relative(folder, place).replaceAll(path.sep, '/')}))
    .filter(({name}) => !/(?:^|\/)\.(?!well-known\/)/.test(name));
}

function readDirectory(folder: string) {
  try {
    return readdirSync(folder, {recursive: true, withFileTypes: true});
  } catch {
    return [];
  }
}

/** As tako's own file server has it: `about.html` is also `about`, and `docs/index.html` is `docs/`. */
function pathsOf({name}: ListedFile): readonly string[] {
  const folder = /^(|.*\/)index\.html$/.exec(name)?.[1];
  if (folder !== undefined) return [name, folder];
  return name.endsWith('.html') ? [name, name.slice(0, -'.html'.length)] : [name];
}

/** What cannot be decoded names no file. */
function decodePath(target: string): string {
  try {
    return decodeURIComponent(target.split(/[?#]/, 1)[0] ?? '');
  } catch {
    return '';
  }
}

const HASHED = /-[\w-]{8,}\.\w+$/;

const headersOf = (name: string): Readonly<Record<string, string>> => ({
  'content-type': TYPES[path.posix.extname(name).toLowerCase()] ?? 'application/octet-stream',
  'cache-control': HASHED.test(name) && name.includes('/') ? 'public, max-age=31536000, immutable' : 'no-cache',
  'x-content-type-options': 'nosniff',
});

/** Of what web builds have in them (IANA media types). */
const TYPES: Readonly<Record<string, string>> = {
  '.avif': 'image/avif',
  '.css': 'text/css; charset=utf-8',
  '.gif': 'image/gif',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.mp4': 'video/mp4',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.xml': 'application/xml',
};
