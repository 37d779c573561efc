import {readVersion} from '../system/version.js';
import {printJson, printResult} from './output.js';

/** Of what `--json` prints: raised when something is taken away or means something else. */
const SCHEMA = 1;

export async function version({json = false}: {json?: boolean}): Promise<void> {
  if (json) printJson({ok: true, version: readVersion(), node: process.versions.node, schema: SCHEMA});
  else printResult(readVersion());
}
