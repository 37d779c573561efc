import type {Style} from '../style.js';
import type {LogLevel} from './log-level.js';

/**
 * What becomes of a line that is longer than the terminal is wide. `whole`: nothing; the terminal breaks it, and takes it
 * for one line when it is selected, searched and made wider. `wrap`: it goes on below, indented. `cut`: it ends with `…`.
 */
export type Wrap = 'whole' | 'wrap' | 'cut';

/** Which of the log is shown, and how. */
export type LogView = {
  /** Every app of the session, in the order in which they are shown. */
  readonly apps: readonly string[];
  /** The only app that is shown. Undefined: all are. */
  readonly focused: string | undefined;
  /** Apps that are not shown while they are not focused. */
  readonly hidden: ReadonlySet<string>;
  /** What matters less is not shown. Undefined: everything is. */
  readonly minLevel: LogLevel | undefined;
  /** Only what has this text is shown; '' is in everything. Case counts once a letter of it is upper case. */
  readonly filter: string;
  /** Marked wherever it is; '' is nowhere. Case as in `filter`. */
  readonly search: string;
  readonly showTime: boolean;
  readonly wrap: Wrap;
  /** Whether what is said several times in a row is shown once, with how often it was said. */
  readonly collapseRepeats: boolean;
  readonly columns: number;
  readonly style: Style;
};
