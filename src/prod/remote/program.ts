// The server program as files: what the laptop uploads, and what the server finds in its own folder. Both name it by the
// same hash, so that a damaged copy, or another build of the same version, is told apart.

import {createHash} from 'node:crypto';
import {readdir, readFile, stat} from 'node:fs/promises';
import path from 'node:path';
import {SERVER_PROTOCOL} from '../../control/server-methods.js';
import {TakoError} from '../../system/error.js';
import type {TarFile} from './tar.js';

/** What of the package a server needs, as files and folders. */
const PARTS = [
  'package.json',
  'dist/prod/server.mjs',
  'dist/prod/connect.mjs',
  'dist/supervisor/preload',
  'templates',
] as const;

/** Python's own cache, types, which are for a compiler, and what new apps begin with. */
const LEFT_OUT = /(?:^|\/)__pycache__\/|\.d\.[cm]?ts$|^templates\/apps\//;

/** A server program that could run: `build` names exactly these files. */
export type Program = {
  readonly version: string;
  readonly build: string;
  readonly files: readonly TarFile[];
};

/** What `tako-server version --json` prints. */
export type ProgramDescription = {
  readonly version: string;
  readonly protocol: number;
  readonly build: string;
  /** Of its own Node, without a `v`. */
  readonly node: string;
};

/** Reads the program out of a package's folder. Throws SERVER_PROGRAM_MISSING where it has not been built. */
export async function loadProgram(packageFolder: string): Promise<Program> {
  const found = await Promise.all(PARTS.map(part => filesOf(packageFolder, part)));
  const paths = found.flat().filter(file => !LEFT_OUT.test(file));
  const files = await Promise.all(paths.sort().map(file => readTarFile(packageFolder, file)));
  return {version: versionOf(files), build: buildOf(files), files};
}

/** The program in a package's folder, run by this Node. */
export async function describeProgram(packageFolder: string): Promise<ProgramDescription> {
  const {version, build} = await loadProgram(packageFolder);
  return {version, protocol: SERVER_PROTOCOL, build, node: process.versions.node};
}

async function filesOf(folder: string, part: string): Promise<string[]> {
  const place = path.join(folder, part);
  const info = await stat(place).catch(() => undefined);
  if (!info) throw programMissing(place);
  if (info.isFile()) return [part];
  const entries = await readdir(place, {recursive: true, withFileTypes: true});
  return entries
    .filter(entry => entry.isFile())
    .map(entry => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'));
}

const readTarFile = async (folder: string, file: string): Promise<TarFile> => ({
  path: file,
  content: await readFile(path.join(folder, file)),
  isExecutable: false,
});

function versionOf(files: readonly TarFile[]): string {
  const manifest = files.find(file => file.path === 'package.json');
  return (JSON.parse(Buffer.from(manifest?.content ?? '{}').toString()) as {version: string}).version;
}

/** The first 12 hexadecimal digits of a hash over every path and content. */
function buildOf(files: readonly TarFile[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file.path}\0${file.content.length}\0`).update(file.content);
  return hash.digest('hex').slice(0, 12);
}

const programMissing = (place: string): TakoError =>
  new TakoError('SERVER_PROGRAM_MISSING', `${place}, a part of the server program, is not there`, {
    hint: 'install tako again; in its own repository run "npm run build"',
  });
