import {MAX_BAGGAGE_BYTES} from './protocol.js';
import type {Baggage} from './session.js';

/** Values as JSON, so many bytes in all. */
export function createBaggage(maxBytes = MAX_BAGGAGE_BYTES): Baggage {
  const values = new Map<string, string>();
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
