// Names that have a hash of the content in them: what such a URL answers never changes, and browsers may keep it for good.
//
// A name that is wrongly taken for one is shown in its old form for a year, one that is not recognised is only asked for
// again. So what could be a word or a date is none: a hash has letters and digits, or letters of both cases.

/** Folders, at any base, in which every path has a hash: Next.js, SvelteKit, Astro, Nuxt (but for its list of builds). */
const HASHED_FOLDERS = /\/(?:_next\/static|_app\/immutable|_astro|_nuxt(?!\/builds\/))\/(?=.)/;

/** `main.8f3c2a1b.js`, `chunk-8f3c2a1b9d.css`: webpack, Rspack, Parcel and others, from eight digits on. */
const HEXADECIMAL = /[.-](?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{8,64}(?:\.\w{1,11}){1,2}$/;

/** `chunk-QX4TJ2ZK.js`: esbuild, which Angular and Remix build with. */
const BASE32 = /[.-](?=[A-Z]*[2-7])(?=[2-7]*[A-Z])[A-Z2-7]{8}(?:\.\w{1,11}){1,2}$/;

/** `index-BdwA2x3f.js` below `/assets/`: Vite and Rollup, of letters of both cases. */
const BASE64URL = /[.-](?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{8}(?:\.\w{1,11}){1,2}$/;
const BASE64URL_FOLDER = '/assets/';

/** Any of the above, and hashes that happen to look like a word: three of a hundred of Vite's do, and more of esbuild's. */
const PERHAPS_HASHED = /[.-][\w-]{8,64}(?:\.\w{1,11}){1,2}$/;

/** No file system has longer names; a client may well ask for one, and patterns take their time on it. */
const MAX_NAME_LENGTH = 255;

/** Whether the path of a URL, decoded, has a hash of its content in it. */
export function isHashedPath(path: string): boolean {
  const name = nameOf(path);
  if (name.length > MAX_NAME_LENGTH) return false;
  const isHashedName = HEXADECIMAL.test(name) || BASE32.test(name);
  return isHashedName || HASHED_FOLDERS.test(path) || (path.includes(BASE64URL_FOLDER) && BASE64URL.test(name));
}

/** The folder it is in that a framework has for such files and for nothing else, with a slash at its end. */
export function findHashedFolder(path: string): string | undefined {
  const match = HASHED_FOLDERS.exec(path);
  return match === null ? undefined : path.slice(0, match.index + match[0].length);
}

/** Whether it may have: for those that a page of an earlier release still asks for, which are served as they were. */
export function mayBeHashedPath(path: string): boolean {
  const name = nameOf(path);
  return name.length <= MAX_NAME_LENGTH && (isHashedPath(path) || PERHAPS_HASHED.test(name));
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
