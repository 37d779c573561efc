import type {CommanderError} from 'commander';
import {TakoError} from '../system/error.js';

/** A command line that cannot be understood, for programs. commander's message has a suggestion in a line of its own. */
export function badUsage({message}: CommanderError): TakoError {
  const [what = '', suggestion] = message.replace(/^error: /, '').split('\n');
  return new TakoError('BAD_USAGE', what, {
    hint: suggestion?.replace(/^\((.*)\)$/, '$1') ?? '--help shows what there is',
  });
}
