// Packages that compile code when they are installed. On a machine like the server that is fine; for another one nothing is
// compiled, so a package that needs it would fail at its first use, on the server. It is found before anything is built.

import {readdir} from 'node:fs/promises';
import path from 'node:path';
import {parseJsonObject} from '../../config/package-json.js';
import type {Platform} from '../../control/server-methods.js';
import {TakoError} from '../../system/error.js';
import {readTextIfExists} from '../../system/files.js';

/** Names of packages below a node_modules folder that would have to compile for this platform, sorted. */
export async function findNativePackages(modules: string, platform: Platform): Promise<readonly string[]> {
  const found: string[] = [];
  for (const folder of await listPackages(modules)) {
    if (await needsCompiler(folder, platform)) found.push(path.relative(modules, folder).split(path.sep).join('/'));
    found.push(...(await findNativePackages(path.join(folder, 'node_modules'), platform)));
  }
  return [...new Set(found)].sort();
}

async function listPackages(modules: string): Promise<readonly string[]> {
  const entries = await readdir(modules, {withFileTypes: true}).catch(() => []);
  const folders = entries.filter(entry => entry.isDirectory() && !entry.name.startsWith('.'));
  const lists = folders.map(async ({name}) => {
    const folder = path.join(modules, name);
    return name.startsWith('@') ? listPackages(folder) : [folder];
  });
  return (await Promise.all(lists)).flat();
}

/** Programs that compile, or fetch what was compiled for the machine they run on. */
const COMPILERS =
  /\b(?:node-gyp(?!-build)|node-pre-gyp|prebuild-install|cmake-js|prebuildify|electron-rebuild|node-gyp-build)\b/;

/**
 * npm compiles where there is a binding.gyp. A package that brings compiled files for several platforms in `prebuilds`, the
 * layout of prebuildify, needs no compiler; nor does one whose compiled files are optional packages of their own.
 */
async function needsCompiler(folder: string, platform: Platform): Promise<boolean> {
  const names: readonly string[] = await readdir(folder).catch(() => []);
  const {scripts} = parseJsonObject((await readTextIfExists(path.join(folder, 'package.json'))) ?? '') ?? {};
  const {preinstall = '', install = '', postinstall = ''} = (scripts ?? {}) as Readonly<Record<string, string>>;
  const compiles = names.includes('binding.gyp') || COMPILERS.test([preinstall, install, postinstall].join(' && '));
  return compiles && !(await hasPrebuild(folder, platform));
}

async function hasPrebuild(folder: string, {os, cpu}: Platform): Promise<boolean> {
  const names = await readdir(path.join(folder, 'prebuilds')).catch(() => []);
  // `linux-x64`, or one build for several processors: `linux-x64+arm64`.
  return names.some(
    name =>
      name.startsWith(`${os}-`) &&
      name
        .slice(os.length + 1)
        .split('+')
        .includes(cpu),
  );
}

export function nativePackages(names: readonly string[], platform: Platform): TakoError {
  const {os, cpu, libc} = platform;
  return new TakoError(
    'NATIVE_PACKAGES',
    `packages would have to be compiled for ${os}-${cpu} (${libc}): ${names.join(', ')}`,
    {
      hint: `deploy from a machine like the server, with its major version of Node (a CI job on ${os} ${cpu}, say), or use packages that come compiled`,
      details: ['this machine differs from the server, so that what it compiles would not run there'],
    },
  );
}
