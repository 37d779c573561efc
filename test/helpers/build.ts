import {execFileSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';

/** Tests that start the command run what a user runs: the build, made once before the first of them. */
export function setup(): void {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  execFileSync('npm', ['run', '--silent', 'build'], {cwd: root, stdio: 'inherit'});
}
