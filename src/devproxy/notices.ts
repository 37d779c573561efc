import type {Notice} from '../control/events.js';
import type {CallContext} from '../control/method.js';

export type Notices = {
  /** Tells everybody who listens now; nobody hears it later. */
  tell(level: Notice['level'], text: string): void;
  /** Whether anybody listens. */
  isHeard(): boolean;
  /** Sends what is told, until the client leaves. */
  stream(context: Pick<CallContext<Notice>, 'signal' | 'emit'>): Promise<void>;
};

export function createNotices(): Notices {
  const listeners = new Set<(notice: Notice) => void>();
  return {
    tell(level, text) {
      for (const listener of listeners) listener({type: 'notice', level, text});
    },
    isHeard: () => listeners.size > 0,
    async stream({signal, emit}) {
      if (signal.aborted) return;
      const listener = (notice: Notice): void => void emit(notice);
      listeners.add(listener);
      await new Promise(resolve => signal.addEventListener('abort', resolve, {once: true}));
      listeners.delete(listener);
    },
  };
}
