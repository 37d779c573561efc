import {readVersion} from '../system/version.js';
import {printJson, printResult} from './output.js';

export async function version({json = false}: {json?: boolean}): Promise<void> {
  if (json) printJson({ok: true, version: readVersion(), node: process.versions.node});
  else printResult(readVersion());
}
