/** What was used last, by name. */
export type Recent<T> = {
  get(name: string): T | undefined;
  set(name: string, value: T): void;
};

/** Keeps `limit` values; one more, and the one unused for longest goes, and `onForgotten` hears its name. */
export function createRecent<T>(limit: number, onForgotten: (name: string) => void): Recent<T> {
  // A Map remembers the order of insertion, so the first is the one unused for longest.
  const values = new Map<string, T>();
  const set = (name: string, value: T): void => {
    values.delete(name);
    values.set(name, value);
    const [oldest] = values.keys();
    if (values.size <= limit || oldest === undefined) return;
    values.delete(oldest);
    onForgotten(oldest);
  };
  const get = (name: string): T | undefined => {
    const value = values.get(name);
    if (value !== undefined) set(name, value);
    return value;
  };
  return {get, set};
}
