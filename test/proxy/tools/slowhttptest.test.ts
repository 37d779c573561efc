// slowhttptest against `tako proxy`: its own probe and ours are served while it attacks.

import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import {afterAll, describe, it} from 'vitest';
import {createHome, startProxy, startUpstream} from '../../commands/proxy-support.js';
import {isSoak, scaled} from '../../helpers/soak.js';
import {requires} from '../../helpers/system-parts.js';
import {startProbe} from '../../threats/probe.js';

const CONNECTIONS = scaled(60, 1_000);
const SECONDS = scaled(3, 40);
/** Seconds that its probe waits: a guard, no measure. */
const PATIENCE = 30;

const MODES: Readonly<Record<string, readonly string[]>> = {
  'heads that come slowly': ['-H', '-x', '24', '-t', 'GET'],
  'bodies that come slowly': ['-B', '-s', '8192', '-t', 'POST', '-x', '10'],
  'answers that are read slowly': ['-X', '-w', '10', '-y', '20', '-n', '1', '-z', '32', '-k', '3'],
  'ranges without end': ['-R', '-t', 'HEAD', '-a', '10', '-b', '3000'],
};

const run = promisify(execFile);

const home = createHome();
afterAll(home.remove);

/** What it says of the service's availability each time it looks, and why it ended. */
async function attack(url: string, mode: readonly string[]) {
  const load = [
    '-c',
    String(CONNECTIONS),
    '-r',
    String(CONNECTIONS),
    '-i',
    '1',
    '-l',
    String(SECONDS),
    '-p',
    String(PATIENCE),
  ];
  const {stdout} = await run('slowhttptest', [...mode, ...load, '-u', url], {maxBuffer: 64 * 1024 * 1024});
  // Its words are in colours.
  const plain = stdout.replaceAll(/\u001b\[[0-9;]*m/g, '');
  return {
    available: [...plain.matchAll(/service available:\s+(\w+)/g)].map(match => match[1]),
    ending: /Exit status: (.*)/.exec(plain)?.[1] ?? plain.slice(-500),
  };
}

describe.skipIf(requires('slowhttptest'))('slowhttptest', () => {
  it(`does not keep others from being served, in any of its modes`, {timeout: 120_000}, async () => {
    const app = await startUpstream((request, response) => {
      request.resume().on('end', () => response.end('x'.repeat(64 * 1024)));
    });
    const {ready} = await startProxy(home.folder, '--http', '--to', app.address);
    const probe = await startProbe(Number(new URL(ready.url).port));
    const attacks = await Promise.all(
      Object.entries(MODES).map(async ([name, mode]) => [name, await attack(`${ready.url}/`, mode)] as const),
    );
    await probe.stop();
    for (const [name, {available, ending}] of attacks) {
      if (isSoak) console.log(`slowhttptest, ${name}: ${available.length} looks, ${ending}`);
      assert.ok(available.length > 0, `${name}: ${ending}`);
      assert.deepEqual(new Set(available), new Set(['YES']), name);
    }
  });
});
