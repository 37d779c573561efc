// Names that have a hash of the content in them: what such a URL answers never changes, and browsers may keep it for good.
//
// A name that is wrongly taken for one is shown in its old form for a year, one that is not recognised is only asked for
// again. So what could be a word or a date is none: a hash has letters and digits, or letters of both cases.

/** Folders in which everything has a hash in its path: Next.js, SvelteKit, Astro, Nuxt (but for its list of builds). */
const HASHED_FOLDERS = /^\/(?:_next\/static|_app\/immutable|_astro|_nuxt(?!\/builds\/))\/./;

/** `main.8f3c2a1b.js`, `chunk-8f3c2a1b9d.css`: webpack, Rspack, Parcel and others, from eight digits on. */
const HEXADECIMAL = /[.-](?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{8,64}(?:\.\w{1,11}){1,2}$/;

/** `chunk-QX4TJ2ZK.js`: esbuild, which Angular and Remix build with. */
const BASE32 = /[.-](?=[A-Z]*[2-7])(?=[2-7]*[A-Z])[A-Z2-7]{8}(?:\.\w{1,11}){1,2}$/;

/** `/assets/index-BdwA2x3f.js`: Vite and Rollup, of letters of both cases. */
const BASE64URL = /\/assets\/(?:[^/]*\/)*[^/]*[.-](?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{8}(?:\.\w{1,11}){1,2}$/;

/** Any of the above, and hashes that happen to look like a word: three of a hundred of Vite's do, and more of esbuild's. */
const PERHAPS_HASHED = /[.-][\w-]{8,64}(?:\.\w{1,11}){1,2}$/;

/** Whether the path of a URL, decoded, has a hash of its content in it. */
export const isHashedPath = (path: string): boolean =>
  HASHED_FOLDERS.test(path) || HEXADECIMAL.test(path) || BASE32.test(path) || BASE64URL.test(path);

/** Whether it may have: for those that a page of an earlier release still asks for, which are served as they were. */
export const mayBeHashedPath = (path: string): boolean => isHashedPath(path) || PERHAPS_HASHED.test(path);
