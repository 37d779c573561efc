import {MAX_BAGGAGE_BYTES} from './protocol.js';
import type {Baggage} from './session.js';

/** Values as JSON, so many bytes in all; `before` are those that are there already. */
export function createBaggage(maxBytes = MAX_BAGGAGE_BYTES, before: Readonly<Record<string, unknown>> = {}): Baggage {
  const values = new Map(Object.entries(before).map(([name, value]) => [name, JSON.stringify(value)]));
  const sizeWithout = (name: string): number =>
    [...values].filter(([other]) => other !== name).reduce((sum, [key, text]) => sum + key.length + text.length, 0);
  return {
    all: () => Object.fromEntries(Array.from(values, ([name, text]) => [name, JSON.parse(text)])),
    set: (name, value) => {
      const text = JSON.stringify(value ?? null);
      if (sizeWithout(name) + name.length + text.length > maxBytes) return false;
      values.set(name, text);
      return true;
    },
  };
}
