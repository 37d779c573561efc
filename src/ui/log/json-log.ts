import type {Style} from '../style.js';

/** A log line as the Tako SDKs write it: `{ts,level,scope,msg,fields?}`. */
export type JsonLog = {
  readonly level: string;
  readonly scope: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
};

/** Nothing for a line that is something else, which is then shown as it is. */
export function parseJsonLog(text: string): JsonLog | undefined {
  if (!text.startsWith('{')) return undefined;
  const {ts, level, scope = '', msg, fields, ...others} = parseObject(text);
  if (typeof level !== 'string' || typeof msg !== 'string' || typeof scope !== 'string') return undefined;
  return {level, scope, message: msg, fields: {...others, ...asRecord(fields)}};
}

/** `level scope message key=value`, every part that is there. */
export function renderJsonLog({level, scope, message, fields}: JsonLog, style: Style): string {
  const pairs = Object.entries(fields).map(([key, value]) => style.dim(`${key}=${renderValue(value)}`));
  return [paintLevel(level, style), scope && style.cyan(scope), message, ...pairs].filter(Boolean).join(' ');
}

function parseObject(text: string): Record<string, unknown> {
  try {
    return asRecord(JSON.parse(text));
  } catch {
    return {};
  }
}

const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

function paintLevel(level: string, style: Style): string {
  switch (level.toLowerCase()) {
    case 'trace':
    case 'debug':
      return style.dim(level);
    case 'info':
      return style.green(level);
    case 'warn':
      return style.yellow(level);
    case 'error':
    case 'fatal':
      return style.red(level);
    default:
      return style.bold(level);
  }
}

/** A word as it is, anything else as JSON; of an error only what it says. */
function renderValue(value: unknown): string {
  if (typeof value === 'string') return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
  const {message} = asRecord(value);
  return typeof message === 'string' ? JSON.stringify(message) : JSON.stringify(value);
}
