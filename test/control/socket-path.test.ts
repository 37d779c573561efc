import assert from 'node:assert/strict';
import {rmSync, statSync} from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import {describe, it, onTestFinished} from 'vitest';
import {socketPathFor} from '../../src/control/socket-path.js';
import {connect, startServer, temporaryFolder} from './support.js';

/** What the shortest of the systems takes: macOS, without the final NUL. */
const LIMIT_BYTES = 103;

describe('the path of the socket', () => {
  it('is in the data folder', () => {
    assert.equal(socketPathFor('/home/me/.local/share/tako'), '/home/me/.local/share/tako/run/control.sock');
  });

  it('is never longer than a socket may be called, and the same for the same folder only', () => {
    const folder = fc.array(fc.string({unit: 'grapheme', minLength: 1, maxLength: 40}), {maxLength: 8});
    fc.assert(
      fc.property(folder, folder, (a, b) => {
        const [first, second] = [a, b].map(names => path.join('/', ...names));
        const [pathOfFirst, pathOfSecond] = [first, second].map(name => socketPathFor(name ?? ''));
        assert.ok(Buffer.byteLength(pathOfFirst ?? '') <= LIMIT_BYTES);
        assert.equal(pathOfFirst === pathOfSecond, first === second);
      }),
      {seed: 11, numRuns: 500},
    );
  });

  it('works for a folder that is too deep for one', async () => {
    const socketPath = socketPathFor(path.join(temporaryFolder(), 'a'.repeat(200)));
    const server = await startServer({list: async () => ({apps: []})}, {socketPath});
    onTestFinished(() => rmSync(path.dirname(socketPath), {recursive: true}));
    assert.equal(statSync(path.dirname(socketPath)).mode & 0o777, 0o700);
    assert.deepEqual(await (await connect(server)).call('list', {}), {apps: []});
  });
});
