// Makes what a build of Next gets beside its server: one file with all that it needs, as the folder that it goes into has only
// the packages that the app imports. It runs on every Node that the package does.

import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';

await build({
  absWorkingDir: fileURLToPath(new URL('..', import.meta.url)),
  entryPoints: ['src/sdk/next/production.ts'],
  outfile: 'dist/sdk/next/production.mjs',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  legalComments: 'none',
  logLevel: 'warning',
});
