import {defineConfig} from 'vitest/config';
import {isSoak} from './test/helpers/soak.js';

export default defineConfig({
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    globalSetup: ['test/helpers/build.ts'],
    testTimeout: isSoak ? 600_000 : 30_000,
    hookTimeout: 30_000,
    // Half of the tests wait for processes of their own: one worker per core would leave a core idle.
    maxWorkers: 3,
  },
});
