import {readdir} from 'node:fs/promises';
import path from 'node:path';
import {readTextIfExists} from '../../system/files.js';
import type {ProjectKnowledge} from './build-steps.js';

/** The server that Next builds where its settings say `output: "standalone"`, with the packages it needs beside it. */
export type StandaloneServer = {
  /** From the app's folder. */
  readonly file: string;
  /** It listens on every address unless it is told otherwise, and reads HOSTNAME for that: see the profile of Next. */
  readonly variables: Readonly<Record<string, string>>;
};

const STANDALONE = /^[^/]*\boutput\s*:\s*(["'`])standalone\1/m;
/** Tako's adapter asks for that folder by itself, and puts an entry of its own at its top. */
const ADAPTER = /^(?!\s*\/\/).*(["'`])tako\.sh\/next(?:js)?\1/m;
const EXPORT = /^[^/]*\boutput\s*:\s*(["'`])export\1/m;

/** Reads the settings as text: run, they might ask for what only the build has. Undefined where they do not say so. */
export async function findStandaloneServer({
  root,
  framework,
}: Pick<ProjectKnowledge, 'root' | 'framework'>): Promise<StandaloneServer | undefined> {
  if (framework?.id !== 'next') return undefined;
  const folder = path.join(root.root, root.directory);
  const files = (await readdir(folder)).filter(name => /^next\.config\.[cm]?[jt]s$/.test(name));
  const texts = await Promise.all(files.map(name => readTextIfExists(path.join(folder, name))));
  const says = (pattern: RegExp): boolean => texts.some(text => pattern.test(text ?? ''));
  // The entry takes the address from HOST.
  if (says(ADAPTER) && !says(EXPORT)) return {file: '.next/standalone/tako-entry.mjs', variables: {}};
  if (!says(STANDALONE)) return undefined;
  // It has the app in the same place below it as the workspace has: NEXT_PRIVATE_OUTPUT_TRACE_ROOT of the build.
  const file = path.posix.join('.next/standalone', root.directory, 'server.js');
  return {file, variables: {HOSTNAME: 'localhost'}};
}
