import assert from 'node:assert/strict';
import {run} from '../../../src/system/exec.js';

/** Runs a program of this system to its end and gives what it printed. Throws with its words when it fails. */
export async function tool(file: string, ...args: string[]): Promise<string> {
  const {exitCode, stdout, stderr} = await run({file, args});
  assert.equal(exitCode, 0, `${[file, ...args].join(' ')}: ${stderr}`);
  return stdout;
}
