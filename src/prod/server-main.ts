// The program on a server: tako-server <command>. scripts/build-server.mjs makes one file of it.

import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {renderTakoError, TakoError} from '../system/error.js';
import {readVersion} from '../system/version.js';
import {connect} from './remote/connect.js';
import {installationRoot} from './remote/installation-root.js';
import {describeProgram} from './remote/program.js';

/** As source, compiled and bundled, this file is two folders below it. */
const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));

const USAGE = 'usage: tako-server hold | carry | serve | connect | version [--json]\n';

/** Runs a command and resolves with its exit code. */
async function main([command, ...args]: readonly string[]): Promise<number> {
  switch (command) {
    case 'connect':
      return connect(path.join(installationRoot(process.env, PACKAGE), 'run', 'control.sock'), {
        input: process.stdin,
        output: process.stdout,
        errors: process.stderr,
      });
    case 'hold':
      return (await import('./server/hold.js')).hold(installationRoot(process.env, PACKAGE), PACKAGE);
    case 'carry':
      return (await import('./holder/carrier.js')).carry();
    case 'serve':
      return (await import('./server/serve.js')).serve(installationRoot(process.env, PACKAGE));
    case 'version':
      process.stdout.write(
        args.includes('--json') ? `${JSON.stringify(await describeProgram(PACKAGE))}\n` : `${readVersion()}\n`,
      );
      return 0;
    default:
      process.stderr.write(USAGE);
      return 2;
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // What somebody can mend is a sentence in the journal; a bug keeps its stack.
  if (!(error instanceof TakoError)) throw error;
  process.stderr.write(renderTakoError(error));
  process.exitCode = 1;
}
// A standard input that stays open would keep `connect` after its end.
process.stdin.destroy();
