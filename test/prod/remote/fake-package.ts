import {chmodSync, cpSync, mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {gzipSync} from 'node:zlib';
import {build} from 'esbuild';
import {SERVER_NODE_VERSION} from '../../../src/prod/remote/runtime.js';
import {tarOf} from '../../../src/prod/remote/tar.js';

const REPOSITORY = path.resolve(import.meta.dirname, '../../..');

/** A package of that version with the fake server as its program. */
export async function writeFakePackage(folder: string, version: string): Promise<void> {
  await build({
    entryPoints: [path.join(import.meta.dirname, 'fake-server.ts')],
    outfile: path.join(folder, 'dist/prod/server.mjs'),
    ...{bundle: true, platform: 'node', format: 'esm', target: 'node24', logLevel: 'error'},
  });
  cpSync(path.join(folder, 'dist/prod/server.mjs'), path.join(folder, 'dist/prod/connect.mjs'));
  const preloads = path.join(folder, 'dist/supervisor/preload');
  mkdirSync(preloads, {recursive: true});
  writeFileSync(path.join(preloads, 'report-listeners.cjs'), '');
  cpSync(path.join(REPOSITORY, 'templates'), path.join(folder, 'templates'), {recursive: true});
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({name: 'tako.sh', version}));
}

/** In the place of the archive that npm fetches: a program that calls this Node, which is of the same version. */
export function writeFakeRuntime(cacheFolder: string): void {
  const folder = path.join(cacheFolder, 'runtimes');
  mkdirSync(folder, {recursive: true});
  const content = Buffer.from(`#!/bin/sh\nexec '${process.execPath}' "$@"\n`);
  const archive = gzipSync(tarOf([{path: 'package/bin/node', content, isExecutable: true}]));
  const file = path.join(folder, `node-linux-${process.arch}-${SERVER_NODE_VERSION}.tgz`);
  writeFileSync(file, archive);
  chmodSync(file, 0o600);
}
