// Options that several commands have, and how their values are read.

import {CommanderError, Option} from 'commander';
import {EXIT} from './exit-codes.js';

export const jsonOption = (): Option => new Option('--json', 'print JSON on stdout');

export const configOption = (): Option => new Option('-c, --config <file>', 'another file than tako.toml');

/** For `argParser`: a port not below `least`. */
export const parsePort =
  (least: 0 | 1) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d{1,5}$/.test(text) && value >= least && value <= 65_535) return value;
    throw new CommanderError(EXIT.usage, 'tako.port', `"${text}" is not a port; use a number from ${least} to 65535`);
  };

/** For `argParser`: how many of what `ofWhat` names. */
export const parseCount =
  (ofWhat: string) =>
  (text: string): number => {
    if (/^\d{1,6}$/.test(text)) return Number(text);
    throw new CommanderError(EXIT.usage, 'tako.count', `"${text}" is not a number of ${ofWhat}`);
  };
