// `tako-server connect`, a program of its own: every command of a laptop waits for it to start, and as a part of the server
// program it took about twice as long (0.9 s and 0.4 s on two shared cores), nearly all of it for reading the rest.

import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {connect} from './remote/connect.js';
import {installationRoot} from './remote/installation-root.js';

/** As source, compiled and bundled, this file is two folders below it. */
const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));

process.exitCode = await connect(path.join(installationRoot(process.env, PACKAGE), 'run', 'control.sock'), {
  input: process.stdin,
  output: process.stdout,
  errors: process.stderr,
});
// A standard input that stays open would keep it after its end.
process.stdin.destroy();
