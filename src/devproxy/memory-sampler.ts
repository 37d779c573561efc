import {memoryOfGroup} from '../system/processes.js';

export type MemorySampler = {
  /** Bytes at the last sample; null when the app was not running or nobody was looking. */
  memoryOf(name: string): number | null;
  close(): void;
};

export type SampledApp = {readonly name: string; readonly pid: number};

const INTERVAL_MS = 2_000;

/** Measures the apps somebody looks at, every two seconds. */
export function startMemorySampler(
  watched: () => readonly SampledApp[],
  onSample: (name: string) => void,
): MemorySampler {
  let samples = new Map<string, number>();
  const timer = setInterval(async () => {
    const next = new Map<string, number>();
    for (const {name, pid} of watched()) next.set(name, (await memoryOfGroup(pid).catch(() => undefined)) ?? 0);
    samples = next;
    for (const name of next.keys()) onSample(name);
  }, INTERVAL_MS);
  return {
    memoryOf: name => samples.get(name) ?? null,
    close: () => clearInterval(timer),
  };
}
