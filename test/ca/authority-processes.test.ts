import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readdir} from 'node:fs/promises';
import path from 'node:path';
import {text} from 'node:stream/consumers';
import {pathToFileURL} from 'node:url';
import {describe, it} from 'vitest';
import {temporaryFolder} from '../x509/support.js';

const PROCESSES = 4;
const ROUNDS = 3;

/** Says that it is loaded, waits to be told, opens the authority and prints its fingerprint. */
const PROGRAM = `
  import {once} from 'node:events';
  const {openAuthority} = await import(process.argv[1]);
  process.stdout.write('loaded\\n');
  await once(process.stdin, 'data');
  const {root} = await openAuthority({folder: process.argv[2], clock: {now: () => Date.now()}});
  process.stdout.write(root.certificate.fingerprint256);
  process.exit();
`;

async function startProcess(folder: string) {
  const built = pathToFileURL(path.resolve('dist/ca/authority.js')).href;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM, built, folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

describe('an authority that several processes open first', () => {
  it('is one and the same', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const folder = path.join(await temporaryFolder(), 'ca');
      const children = await Promise.all(Array.from({length: PROCESSES}, () => startProcess(folder)));
      for (const child of children) child.stdin.write('go\n');
      const fingerprints = await Promise.all(children.map(({stdout}) => text(stdout)));
      assert.match(fingerprints[0] ?? '', /^[0-9A-F:]{95}$/);
      assert.equal(new Set(fingerprints).size, 1);
      assert.deepEqual((await readdir(folder)).sort(), ['ca.crt', 'ca.key']);
    }
  });
});
