// A holder as its command would run it, without users that stay on the machine after the test.
import {runHolder} from '../../../../src/prod/holder/holder.js';
import {TakoError} from '../../../../src/system/error.js';
import type {Run} from '../../../../src/system/exec.js';

const noUsers: Run = async ({file}) => {
  if (file === 'useradd') throw new TakoError('TOOL_MISSING', 'useradd is not installed');
  return {exitCode: 1, stdout: '', stderr: ''};
};

await runHolder({...JSON.parse(process.argv[2] ?? ''), run: noUsers}).catch(error => {
  process.stderr.write(`${error.code}: ${error.message}\n`);
  process.exitCode = 1;
});
