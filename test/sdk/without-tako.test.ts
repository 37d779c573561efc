import assert from 'node:assert/strict';
import {rmSync} from 'node:fs';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {start} from '../commands/support.js';
import {createAppFolder, RUNTIMES} from './runtimes.js';

// Without tako descriptors 3 and 4 are the runtime's own: Node 20 hears of signals on 4.

for (const runtime of RUNTIMES) {
  describe.skipIf(runtime.isMissing)(`an app that ${runtime.name} runs by itself`, () => {
    let folder: string;
    beforeAll(() => {
      folder = createAppFolder('sdk/handler.mjs');
    });
    afterAll(() => rmSync(folder, {recursive: true, force: true}));

    it('ends at SIGTERM', async () => {
      const [file = '', ...args] = runtime.run('handler.mjs');
      const env = {...process.env, PORT: '0', TAKO_BOOTSTRAP_DATA: undefined};
      const {child, until, ended} = start([file, ...args], {cwd: folder, env});
      await until('listening on');
      child.kill('SIGTERM');
      assert.equal((await ended).code, 0);
    });
  });
}
