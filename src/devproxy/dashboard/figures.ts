// Times and sizes for people.

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB'] as const;

/** In steps of 1,000: `512 B`, `48.2 MB`. */
export function renderBytes(bytes: number): string {
  const power = Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${power === 0 ? bytes : (bytes / 1_000 ** power).toFixed(1)} ${BYTE_UNITS[power]}`;
}

/** `3.4 ms`, `120 ms`, `2.31 s`. */
export function renderMs(durationMs: number): string {
  if (durationMs >= 1_000) return `${(durationMs / 1_000).toFixed(2)} s`;
  return `${durationMs < 10 ? durationMs.toFixed(1) : Math.round(durationMs)} ms`;
}

/** Local time of day: `14:03:59`. */
export const renderClock = (time: number): string => new Date(time).toTimeString().slice(0, 'hh:mm:ss'.length);

/** `1,234`. */
export const renderCount = (count: number): string => count.toLocaleString('en-US');
