import assert from 'node:assert/strict';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import {createElevation, type Elevation} from '../../src/system/elevation.js';
import {type Run, run} from '../../src/system/exec.js';
import {eventually} from '../helpers/eventually.js';
import {temporaryFolder} from './support.js';

/** In the place of sudo: a script that is told the shell to start, and keeps count of how often it was. */
function elevationBy(script: string): Elevation & {readonly times: () => number} {
  const folder = temporaryFolder();
  const program = path.join(folder, 'ask');
  writeFileSync(program, `#!/bin/sh\necho asked >> ${folder}/times\n${script}\n`, {mode: 0o755});
  const elevation = createElevation({run, isRoot: false, programs: ['no-such-sudo', program], say: () => undefined});
  onTestFinished(elevation.close);
  return {...elevation, times: () => readFileSync(path.join(folder, 'times'), 'utf8').split('\n').length - 1};
}

const elevated = (file: string, ...args: readonly string[]) => ({file, args, elevated: true});

describe('an elevation', () => {
  it('is asked for once, by the first command that needs it, and knows of each how it went', async () => {
    const elevation = elevationBy('TAKO_WAS=elevated exec "$@"');
    assert.equal((await elevation.run({file: 'sh', args: ['-c', 'echo "[$TAKO_WAS]"']})).stdout, '[]');
    const results = await Promise.all([
      elevation.run(elevated('sh', '-c', 'echo "$TAKO_WAS"; echo two lines >&2; exit 7')),
      elevation.run(elevated('printf', '%s|', "it's", '$HOME', 'a b', '', '\\n', 'ü')),
      elevation.run(elevated('wc', '-c'), {input: 'x'.repeat(300_000)}),
      elevation.run(elevated('cat')),
    ]);
    assert.deepEqual(
      results.map(({exitCode, stdout}) => [exitCode, stdout.trim()]),
      [
        [7, 'elevated\ntwo lines'],
        [0, "it's|$HOME|a b||\\n|ü|"],
        [0, '300000'],
        [0, ''],
      ],
    );
    assert.equal(elevation.times(), 1);
  });

  it('names a program that is not installed, and goes on', async () => {
    const elevation = elevationBy('exec "$@"');
    await assert.rejects(elevation.run(elevated('no-such-program')), {code: 'TOOL_MISSING'});
    assert.equal((await elevation.run(elevated('echo', 'on'))).stdout, 'on');
  });

  it('that is refused says so with the words of who refused it', async () => {
    const elevation = elevationBy('echo "user is not in the sudoers file" >&2; exit 1');
    const refused = {code: 'ELEVATION_REFUSED', details: ['user is not in the sudoers file']};
    await assert.rejects(elevation.run(elevated('true')), refused);
    // Asking again and again would lock accounts.
    await assert.rejects(elevation.run(elevated('true')), refused);
    assert.equal(elevation.times(), 1);
  });

  it('is refused where nothing can give it', async () => {
    const elevation = createElevation({run, isRoot: false, programs: ['no-such-sudo']});
    await assert.rejects(elevation.run(elevated('true')), {code: 'ELEVATION_REFUSED'});
  });

  it('is not asked for by root', async () => {
    const asked: string[] = [];
    const note: Run = async ({file}) => {
      asked.push(file);
      return {exitCode: 0, stdout: '', stderr: ''};
    };
    await createElevation({run: note, isRoot: true, programs: ['no-such-sudo']}).run(elevated('reboot'));
    assert.deepEqual(asked, ['reboot']);
  });

  it('ends with the one who asked', async () => {
    const folder = temporaryFolder();
    const elevation = elevationBy(`"$@"; echo ended > ${folder}/ended`);
    await elevation.run(elevated('true'));
    elevation.close();
    await eventually(async () => assert.ok(existsSync(path.join(folder, 'ended'))));
  });
});
