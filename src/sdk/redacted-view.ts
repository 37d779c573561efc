// Secrets are read one by one, by name. Whatever is done to all of them at once (logged, spread, turned into JSON,
// cloned) gives names at most.

/** Instead of what is behind it. */
export const REDACTED = '[REDACTED]';

/** How Node, Bun and Deno let an object say how it is shown. */
const INSPECT = [Symbol.for('nodejs.util.inspect.custom'), Symbol.for('Deno.customInspect')] as const;

/**
 * Read-only access to values that must not be shown. `values` is asked at each access, `missing` for what is not in them.
 * Names are listed, but are not enumerable.
 */
export function createRedactedView<T>(
  values: () => Readonly<Record<string, T>>,
  missing: (name: string) => T | undefined = () => undefined,
): Readonly<Record<string, T | undefined>> {
  const find = (name: string): T | undefined => (Object.hasOwn(values(), name) ? values()[name] : missing(name));
  return new Proxy<Record<string, T | undefined>>(redactedTarget(), {
    get: (target, name) => (typeof name === 'symbol' || name in target ? Reflect.get(target, name) : find(name)),
    has: (_, name) => typeof name === 'string' && Object.hasOwn(values(), name),
    ownKeys: () => Object.keys(values()),
    getOwnPropertyDescriptor: (_, name) =>
      typeof name === 'string' && Object.hasOwn(values(), name)
        ? {value: values()[name], enumerable: false, configurable: true, writable: false}
        : undefined,
    set: () => false,
    deleteProperty: () => false,
    defineProperty: () => false,
    preventExtensions: () => false,
  });
}

/** Methods by which objects become text. They can be no names of secrets. */
function redactedTarget(): Record<string, undefined> {
  const target: Record<string | symbol, unknown> = Object.create(null);
  const show = (): string => REDACTED;
  for (const name of ['toString', 'toJSON', ...INSPECT, Symbol.toPrimitive]) {
    Object.defineProperty(target, name, {value: show, enumerable: false, configurable: true});
  }
  return target as Record<string, undefined>;
}
