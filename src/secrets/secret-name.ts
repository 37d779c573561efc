import {TakoError} from '../system/error.js';

/** As environment variables are named: one that is given to apps as such has to be. */
const SECRET_NAME = /^[A-Z][A-Z0-9_]*$/;
const ENVIRONMENT_NAME = /^[a-z0-9][a-z0-9-]*$/;
const MAX_NAME_LENGTH = 255;

/** What tako itself tells apps by its variables. */
const RESERVED = new Set(['ENV', 'HOST', 'PORT', 'PATH', 'NODE_ENV', 'NODE_OPTIONS', 'BUN_OPTIONS']);

/** Linux takes 128 KiB for a variable with its name (MAX_ARG_STRLEN, execve(2)). */
export const MAX_VALUE_BYTES = 96 * 1024;
/** Of all secrets of an environment as JSON, in bytes: the smallest limit of a system for all variables (macOS, ARG_MAX). */
export const MAX_TOTAL_BYTES = 1024 * 1024;

export const isSecretName = (name: string): boolean => name.length <= MAX_NAME_LENGTH && SECRET_NAME.test(name);
export const isEnvironmentName = (name: string): boolean =>
  name.length <= MAX_NAME_LENGTH && ENVIRONMENT_NAME.test(name);

/** Whether tako says something else by a variable of this name, so that a secret of it would reach no app. */
export const isReservedName = (name: string): boolean => RESERVED.has(name) || name.startsWith('TAKO_');

/** Throws SECRET_NAME_INVALID. */
export function requireSecretName(name: string): void {
  if (!isSecretName(name)) {
    throw new TakoError('SECRET_NAME_INVALID', `"${name}" cannot be the name of a secret`, {
      hint: 'use A-Z, 0-9 and "_", with a letter first, as in API_KEY',
    });
  }
  if (isReservedName(name)) {
    throw new TakoError('SECRET_NAME_INVALID', `"${name}" is a variable that tako sets itself`, {
      hint: 'give the secret another name',
    });
  }
}

/** Throws ENVIRONMENT_NAME_INVALID. */
export function requireEnvironmentName(name: string): void {
  if (isEnvironmentName(name)) return;
  throw new TakoError('ENVIRONMENT_NAME_INVALID', `"${name}" cannot be the name of an environment`, {
    hint: 'use a-z, 0-9 and "-", as in production',
  });
}

/** Throws SECRET_VALUE_INVALID for what no variable can hold. The value itself is in no message. */
export function requireSecretValue(name: string, value: string): void {
  const problem = problemOf(value);
  if (problem !== undefined) throw new TakoError('SECRET_VALUE_INVALID', `the value of ${name} ${problem}`);
}

function problemOf(value: string): string | undefined {
  if (value === '') return 'is empty';
  if (value.includes('\0')) return 'has a NUL character';
  if (!value.isWellFormed()) return 'is not valid Unicode';
  const bytes = Buffer.byteLength(value);
  return bytes > MAX_VALUE_BYTES ? `has ${bytes} bytes, and at most ${MAX_VALUE_BYTES} are possible` : undefined;
}
