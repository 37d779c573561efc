import path from 'node:path';
import {defineConfig} from 'vitest/config';

/** Apps of many frameworks, as their generators make them: `npm run test:frameworks`, with `-- --update` for the docs. */
export default defineConfig({
  test: {
    root: path.resolve(import.meta.dirname, '../..'),
    include: ['test/frameworks/*.test.ts'],
    globalSetup: ['test/helpers/build.ts'],
    env: {TAKO_UPDATE_DOCS: process.argv.includes('--update') ? '1' : '0'},
    // The first time, most of it is the installation.
    testTimeout: 300_000,
    hookTimeout: 30_000,
    maxWorkers: 1,
  },
});
