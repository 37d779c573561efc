import {useEffect, useState} from 'react';

const TICK_MS = 1_000;

/** The time, renewed every second, or as often as said, while it is needed. */
export function useNow(isNeeded: boolean, everyMs = TICK_MS): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!isNeeded) return;
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [isNeeded, everyMs]);
  return now;
}
