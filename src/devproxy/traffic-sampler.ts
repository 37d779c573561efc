import type {Traffic} from '../control/exchanges.js';

export type TrafficSampler = {
  /** Of an app that somebody looks at, as it was within the last second; of any other as it is. */
  trafficOf(name: string): Traffic;
  close(): void;
};

export type TrafficSamplerOptions = {
  /** The apps that somebody looks at. */
  readonly watched: () => readonly string[];
  readonly measure: (name: string) => Traffic;
  /** Told of those of which it is another than it was. */
  readonly onChange: (name: string) => void;
};

/** Numbers that change faster cannot be read, and each of them is sent to every terminal. */
const INTERVAL_MS = 1_000;

/** Measures the apps somebody looks at, once per second. */
export function startTrafficSampler({watched, measure, onChange}: TrafficSamplerOptions): TrafficSampler {
  let samples = new Map<string, Traffic>();
  const timer = setInterval(() => {
    const before = samples;
    samples = new Map(watched().map(name => [name, measure(name)]));
    for (const [name, traffic] of samples) {
      if (!isSame(traffic, before.get(name))) onChange(name);
    }
  }, INTERVAL_MS);
  return {
    trafficOf: name => samples.get(name) ?? measure(name),
    close: () => clearInterval(timer),
  };
}

const isSame = (one: Traffic, other: Traffic | undefined): boolean => JSON.stringify(one) === JSON.stringify(other);
