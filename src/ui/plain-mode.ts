import type {Environment} from './style.js';

export type Streams = {readonly stdin: {readonly isTTY?: boolean}; readonly stdout: {readonly isTTY?: boolean}};

/**
 * Whether lines are to be printed, one below the other, and nothing is to be redrawn: where there is no terminal, one that
 * cannot do it, or one that is read aloud. ACCESSIBLE is what other programs look at too.
 */
export const wantsPlain = ({stdin, stdout}: Streams, {TAKO_PLAIN, ACCESSIBLE, TERM}: Environment): boolean =>
  isOn(TAKO_PLAIN) || isOn(ACCESSIBLE) || !stdin.isTTY || !stdout.isTTY || TERM === 'dumb';

const isOn = (value: string | undefined): boolean => !['', '0', 'false', undefined].includes(value);
