// Makes the server program: one file with all that it needs, so that a server gets no node_modules. A second file beside it is
// what ssh runs there, which has to start fast.
//
//   node scripts/build-server.mjs [file]
//
// Its sources name data files relative to themselves, as in new URL('../../templates/error.html', import.meta.url). In
// the one file they are relative to that, so all of them have to be two folders below the package: this is checked.

import {existsSync, mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const PLACE = path.join(PACKAGE, 'dist/prod/server.mjs');

/** Libraries in CommonJS ask for Node's modules with `require`, which an ES module has to make itself. */
const REQUIRE =
  "import {createRequire as createRequireOfBundle} from 'node:module';" +
  ' const require = createRequireOfBundle(import.meta.url);';

const [outfile = PLACE] = process.argv.slice(2);

await makeBundle('src/prod/server-main.ts', outfile, {js: REQUIRE});
await makeBundle('src/prod/connect-main.ts', path.join(path.dirname(outfile), 'connect.mjs'), {});

async function makeBundle(entry, file, banner) {
  const {outputFiles} = await build({
    absWorkingDir: PACKAGE,
    entryPoints: [entry],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    banner,
    legalComments: 'none',
    logLevel: 'warning',
    write: false,
  });
  const [bundle] = outputFiles;
  checkLocations(bundle.text);
  mkdirSync(path.dirname(file), {recursive: true});
  writeFileSync(file, bundle.contents);
}

function checkLocations(text) {
  const wrong = [...text.matchAll(/new URL\(\s*["'`]([^"'`]*)["'`],\s*import\.meta\.url/g)]
    .map(([, location]) => location)
    .filter(location => !location.startsWith('../../') || !isThere(location));
  if (wrong.length > 0) throw new Error(`not found beside ${PLACE}: ${wrong.join(', ')}`);
}

/** A name with a part that is put in at run time counts up to that part. */
function isThere(location) {
  const file = path.resolve(path.dirname(PLACE), location.split('${')[0]);
  return existsSync(file);
}
