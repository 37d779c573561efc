import type {Exit} from '../instance.js';
import type {LaunchSpec} from '../launch-spec.js';
import {diagnoseCrash} from './diagnose.js';
import {gatherFacts} from './gather-facts.js';
import type {Explanation} from './rule.js';

/** Explains how an app that was ready ended by itself, with all that can be found out. Never rejects. */
export async function explainCrash(spec: LaunchSpec, exit: Exit, lines: readonly string[]): Promise<Explanation> {
  return diagnoseCrash(spec, exit, lines, await gatherFacts(spec.directory, {outcome: 'crashed', exit}, lines));
}
