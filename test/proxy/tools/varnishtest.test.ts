// Varnish's own tester at both ends of `tako proxy`: a client and a server that know nothing of us and take every byte at
// its word.

import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {readdirSync} from 'node:fs';
import path from 'node:path';
import {promisify} from 'node:util';
import {describe, it} from 'vitest';
import {CLI} from '../../commands/support.js';
import {requires} from '../../helpers/system-parts.js';
import {findClosedPort} from '../harness.js';

const SCRIPTS = path.resolve(import.meta.dirname, 'vtc');

/** Guards against hanging: varnishtest's own, in seconds. */
const MAX_SECONDS = 20;

const run = promisify(execFile);

async function varnishtest(name: string): Promise<void> {
  const port = await findClosedPort();
  const macros = Object.entries({node: process.execPath, cli: CLI, port}).flatMap(([key, value]) => [
    '-D',
    `${key}=${value}`,
  ]);
  const args = ['-q', '-t', String(MAX_SECONDS), ...macros, path.join(SCRIPTS, name)];
  await run('varnishtest', args, {env: {...process.env, NO_COLOR: '1'}}).catch(({stdout}) => assert.fail(stdout));
}

describe.skipIf(requires('varnishtest'))('varnishtest', () => {
  it('finds nothing wrong with tako proxy', {timeout: 60_000}, async () => {
    const scripts = readdirSync(SCRIPTS).filter(name => name.endsWith('.vtc'));
    assert.ok(scripts.length >= 10);
    // Each starts a proxy of its own and mostly waits for it.
    const results = await Promise.allSettled(scripts.map(varnishtest));
    const failed = results.flatMap((result, index) =>
      result.status === 'rejected' ? [`${scripts[index]}:\n${result.reason.message}`] : [],
    );
    assert.equal(failed.join('\n'), '');
  });
});
