/** The two largest units: `12s`, `4m 12s`, `3h 5m`, `2d 4h`. */
export function formatDuration(durationMs: number): string {
  const seconds = Math.floor(Math.max(0, durationMs) / 1_000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (minutes === 0) return `${seconds}s`;
  if (hours === 0) return `${minutes}m ${seconds % 60}s`;
  if (days === 0) return `${hours}h ${minutes % 60}m`;
  return `${days}d ${hours % 24}h`;
}

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** In steps of 1,000: `512 B`, `48.2 MB`. */
export function formatBytes(bytes: number): string {
  // From 999.95 on, one decimal would round up to 1000.0 of the smaller unit.
  const fitting = BYTE_UNITS.findIndex((_, power) => bytes / 1_000 ** power < 999.95);
  const power = fitting < 0 ? BYTE_UNITS.length - 1 : fitting;
  const value = bytes / 1_000 ** power;
  return `${power === 0 ? Math.round(value) : value.toFixed(1)} ${BYTE_UNITS[power]}`;
}

/** Local time of day: `14:03:59`. */
export function formatClock(time: number): string {
  const date = new Date(time);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(part => String(part).padStart(2, '0')).join(':');
}

/** `1,234`. */
export const formatCount = (count: number): string => count.toLocaleString('en-US');

/** How long a request took, to about three digits: `0.42 ms`, `8.3 ms`, `412 ms`, `1.25 s`; a dash where it is not known. */
export function formatLatency(ms: number | null): string {
  if (ms === null) return '-';
  if (ms < 1) return `${ms.toFixed(2)} ms`;
  if (ms < 99.95) return `${ms.toFixed(1)} ms`;
  return ms < 999.5 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(ms < 9_995 ? 2 : 1)} s`;
}
