import {mkdirSync, symlinkSync} from 'node:fs';
import path from 'node:path';

const SHARED = path.resolve(import.meta.dirname, '../../node_modules/.cache/tako-test');

/**
 * Gives the commands that run in this home the compiled code of those before them: every test has a new home, and to
 * compile everything again for each would be most of what it costs.
 */
export function shareCompiledCode(home: string): void {
  mkdirSync(SHARED, {recursive: true});
  mkdirSync(path.join(home, 'cache'), {recursive: true});
  symlinkSync(SHARED, path.join(home, 'cache/compiled'));
}
