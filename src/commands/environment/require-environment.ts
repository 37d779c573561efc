import type {Config} from '../../config/config.js';
import {TakoError} from '../../system/error.js';

/** Throws NO_SUCH_ENVIRONMENT with those there are. */
export function requireEnvironment({environments}: Config, name: string): void {
  if (Object.hasOwn(environments, name)) return;
  throw new TakoError('NO_SUCH_ENVIRONMENT', `tako.toml has no environment ${name}`, {
    hint: `it has: ${Object.keys(environments).join(', ')}`,
  });
}
