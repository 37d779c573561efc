/** Says what is still being tried when that takes long. */
export type Progress = {
  /** Told when something begins; what it returns is called when that is over. */
  track(name: string): () => void;
  close(): void;
};

/** A machine with everything installed and nothing wrong takes less. */
const FIRST_AFTER_MS = 3_000;

/** `say` is told every few seconds from then on. */
export function startProgress(say: (text: string) => void): Progress {
  const open = new Set<string>();
  const timer = setInterval(() => {
    if (open.size > 0) say(`still trying: ${[...open].join(', ')}`);
  }, FIRST_AFTER_MS);
  timer.unref();
  return {
    track(name) {
      open.add(name);
      return () => void open.delete(name);
    },
    close: () => clearInterval(timer),
  };
}
