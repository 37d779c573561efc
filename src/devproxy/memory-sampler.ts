import {memoryOfGroups} from '../system/processes.js';

export type MemorySampler = {
  /** Bytes at the last sample; null when the app was not running or nobody was looking. */
  memoryOf(name: string): number | null;
  close(): void;
};

export type SampledApp = {readonly name: string; readonly pid: number};

const INTERVAL_MS = 2_000;

/** Measures the apps somebody looks at, all at once, with two seconds between one measurement and the next. */
export function startMemorySampler(
  watched: () => readonly SampledApp[],
  onSample: (name: string) => void,
  measure: typeof memoryOfGroups = memoryOfGroups,
): MemorySampler {
  let samples = new Map<string, number>();
  let isClosed = false;
  const sample = async (): Promise<void> => {
    const apps = watched();
    const sizes = apps.length > 0 ? await measure(apps.map(({pid}) => pid)).catch(() => undefined) : undefined;
    if (isClosed) return;
    samples = new Map(apps.map(({name, pid}) => [name, sizes?.get(pid) ?? 0]));
    timer = setTimeout(sample, INTERVAL_MS);
    for (const name of samples.keys()) onSample(name);
  };
  let timer = setTimeout(sample, INTERVAL_MS);
  return {
    memoryOf: name => samples.get(name) ?? null,
    close: () => {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
