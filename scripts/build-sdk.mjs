// Puts what runs in apps into few files: a start that loads forty small modules takes twice as long as one that loads five
// (bench/sdk.mjs). Types stay as the compiler wrote them.
//
//   node scripts/build-sdk.mjs

import {readFileSync, rmSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const SOURCE = path.join(PACKAGE, 'src/sdk');
const OUTPUT = path.join(PACKAGE, 'dist/sdk');

const ENTRIES = ['public', 'internal', 'launch'];

/** Each runtime loads its own only, when it serves. */
const SERVERS = /\/(?:node|bun|deno|listener)-server\.ts$/;

/** Imported by everything that is loaded by itself, so that it is in one file that all of them share. */
const SHARED = ['internal', 'launch', 'main-module', 'request-extras', 'node/node-server'];

rmSync(path.join(OUTPUT, 'chunks'), {recursive: true, force: true});
await build({
  absWorkingDir: PACKAGE,
  entryPoints: ENTRIES.map(name => ({in: `entry:${name}`, out: name})),
  plugins: [{name: 'shared', setup: shareModules}],
  outdir: OUTPUT,
  bundle: true,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  platform: 'node',
  format: 'esm',
  target: 'node20',
  legalComments: 'none',
  logLevel: 'warning',
});

function shareModules({onResolve, onLoad}) {
  onResolve({filter: /^entry:/}, ({path: name}) => ({path: name.slice('entry:'.length), namespace: 'entry'}));
  onLoad({filter: /.*/, namespace: 'entry'}, ({path: name}) => ({
    contents: `${importShared(SOURCE)}export * from './${name}.js';`,
    resolveDir: SOURCE,
  }));
  onLoad({filter: SERVERS}, ({path: file}) => ({
    contents: importShared(path.dirname(file)) + readFileSync(file, 'utf8'),
    loader: 'ts',
  }));
}

function importShared(folder) {
  return SHARED.map(name => `import '${pathFrom(folder, name)}';\n`).join('');
}

function pathFrom(folder, name) {
  const relative = path.relative(folder, path.join(SOURCE, name));
  return relative.startsWith('.') ? `${relative}.js` : `./${relative}.js`;
}
