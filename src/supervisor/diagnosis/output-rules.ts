import type {Circumstances, Evidence, Rule} from './rule.js';
import {CODE_RULES} from './rules/code-rules.js';
import {COMMAND_RULES} from './rules/command-rules.js';
import {DEPENDENCY_RULES} from './rules/dependency-rules.js';
import {FILE_RULES} from './rules/file-rules.js';
import {MEMORY_RULES} from './rules/memory-rules.js';
import {PORT_RULES, portInUse} from './rules/port-rules.js';
import {RUNTIME_RULES} from './rules/runtime-rules.js';
import {SETTING_RULES} from './rules/setting-rules.js';

/** All of them. Where two find their cause in the same line, the earlier is the more exact. */
export const OUTPUT_RULES: readonly Rule[] = [
  ...PORT_RULES,
  ...DEPENDENCY_RULES,
  ...COMMAND_RULES,
  ...SETTING_RULES,
  ...MEMORY_RULES,
  ...RUNTIME_RULES,
  ...FILE_RULES,
  ...CODE_RULES,
];

export type Finding = {readonly rule: Rule; readonly evidence: Evidence};

/** The cause that the output shows last, which is what the app failed of: earlier ones it has survived. */
export function findCause(circumstances: Circumstances): Finding | undefined {
  let last: Finding | undefined;
  for (const rule of rulesFor(circumstances)) {
    const evidence = rule.find(circumstances);
    if (evidence && evidence.line > (last?.evidence.line ?? -1)) last = {rule, evidence};
  }
  return last;
}

/** Which rules may speak: what a running or successful app printed on its way need not be why it is not ready. */
function rulesFor({failure, output}: Circumstances): readonly Rule[] {
  switch (failure.outcome) {
    case 'exited':
    case 'crashed':
      // Some servers log that their port is taken and then end as if all was well: Express 5 with a callback.
      return failure.exit.code === 0 ? [portInUse] : OUTPUT_RULES;
    case 'timed-out':
      return waitsForChange(output) ? OUTPUT_RULES : [];
    default:
      return [];
  }
}

/** Whether a watcher has said last that the app crashed and that it waits for a change: nodemon, node --watch. */
const waitsForChange = (output: readonly string[]): boolean =>
  WAITING.test(output.findLast(text => text.trim() !== '') ?? '');

const WAITING = /\bapp crashed - waiting for file changes\b|\bWaiting for file changes before restarting\b/;
