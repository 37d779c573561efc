import {TakoError} from '../system/error.js';

export const damaged = (folder: string, what: string, cause?: unknown): TakoError =>
  new TakoError('CA_DAMAGED', `the local authority in ${folder} is damaged: ${what}`, {hint: startOver(folder), cause});

export const expired = (folder: string): TakoError =>
  new TakoError('CA_EXPIRED', `the local authority in ${folder} has expired`, {hint: startOver(folder)});

const startOver = (folder: string): string =>
  `run "tako untrust", delete ${folder}, then run "tako trust" to make a new one`;
