// A holder as its command would run it, without users that stay on the machine after the test. The second argument is a file
// with the version that is current, the third the version that this is.
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {runHolder} from '../../../../src/prod/holder/holder.js';
import {TakoError} from '../../../../src/system/error.js';
import type {Run} from '../../../../src/system/exec.js';

const [file = '', options = '', versionFile = '', version = ''] = process.argv.slice(1);
const node = [process.execPath, ...process.execArgv] as [string, ...string[]];
const currentVersion = (): string => readFileSync(versionFile, 'utf8').trim();

const noUsers: Run = async ({file: program}) => {
  if (program === 'useradd') throw new TakoError('TOOL_MISSING', 'useradd is not installed');
  return {exitCode: 1, stdout: '', stderr: ''};
};

const successor = {
  isWanted: async () => currentVersion() !== version,
  get command(): [string, ...string[]] {
    return [...node, file, options, versionFile, currentVersion()];
  },
  carrier: [...node, fileURLToPath(new URL('carrier.ts', import.meta.url)), versionFile] as [string, ...string[]],
};
await runHolder({...JSON.parse(options), run: noUsers, successor}).catch(error => {
  process.stderr.write(`${error.code}: ${error.message}\n`);
  process.exitCode = 1;
});
