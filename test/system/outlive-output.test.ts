import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import path from 'node:path';
import {text} from 'node:stream/consumers';
import {pathToFileURL} from 'node:url';
import {describe, it} from 'vitest';

const MODULE = pathToFileURL(path.resolve(import.meta.dirname, '../../dist/system/outlive-output.js')).href;

/** Says on stderr what is uncaught, as a server does, and on stdout in the end how often that was. */
const program = (setUp: string): string => `
import {outliveOutput} from ${JSON.stringify(MODULE)};
${setUp}
let uncaught = 0;
process.on('uncaughtException', error => {
  uncaught += 1;
  if (uncaught < 100) process.stderr.write(String(error));
});
process.stdin.resume().on('end', () => {
  process.stderr.write('nobody hears this');
  setTimeout(() => {
    process.stderr.write('nor this');
    setTimeout(() => process.stdout.end(String(uncaught)), 50);
  }, 50);
});
`;

async function uncaughtErrors(setUp: string): Promise<number> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program(setUp)]);
  child.stderr.destroy();
  child.stdin.end();
  return Number(await text(child.stdout));
}

describe('a program whose output nobody reads any more', () => {
  it('goes on', async () => {
    assert.equal(await uncaughtErrors('outliveOutput(process.stderr);'), 0);
  });

  it('would otherwise fail at telling why it fails, again and again', async () => {
    assert.ok((await uncaughtErrors('')) > 2);
  });
});
