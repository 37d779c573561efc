import {useCallback, useEffect, useState} from 'react';

/** Long enough to read a short line. */
const FLASH_MS = 2_500;

/** A line that is shown for a moment, and the way to show one. */
export function useFlash(): readonly [string | undefined, (text: string) => void] {
  const [flash, setFlash] = useState<{readonly text: string}>();
  useEffect(() => {
    if (!flash) return;
    const timer = setTimeout(() => setFlash(undefined), FLASH_MS);
    return () => clearTimeout(timer);
  }, [flash]);
  const show = useCallback((text: string) => setFlash({text}), []);
  return [flash?.text, show];
}
