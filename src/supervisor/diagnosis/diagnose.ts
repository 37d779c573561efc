// From a failure to what its user is told: what happened, and the one next step.
//
//   the app's output shows a cause (output-rules.ts) -> that; else what the failure shows by itself (outcomes.ts)
//
// A cause is only named when the output shows it; when two do, the later one counts.

import type {Exit} from '../instance.js';
import type {LaunchSpec} from '../launch-spec.js';
import {type Facts, NO_FACTS} from './facts.js';
import type {Failure} from './failure.js';
import {describeEnd, explainExit, explainLine, explainPortTaken, explainTimeout, seconds, titleOf} from './outcomes.js';
import {readOutput} from './output.js';
import {type Finding, findCause} from './output-rules.js';
import {remoteHint} from './remote-hints.js';
import type {Circumstances, Explanation} from './rule.js';
import {explainSpawn} from './spawn-outcomes.js';

/** Explains any failure. Never throws, whatever the lines are; takes time in proportion to them, which are bounded. */
export function diagnose(
  spec: LaunchSpec,
  failure: Failure,
  lines: readonly string[] = [],
  facts: Facts = NO_FACTS,
): Explanation {
  const circumstances = {spec, failure, output: readOutput(lines), facts};
  const finding = findCause(circumstances);
  const explanation = finding ? explainFinding(circumstances, finding) : explainOutcome(circumstances);
  if (!spec.remote) return explanation;
  const hint = remoteHint(explanation, finding?.evidence.words ?? {}, spec.remote, circumstances);
  return {...explanation, hint};
}

/** Explains how an app that was ready ended by itself; `explainCrash` gathers the facts for it. */
export const diagnoseCrash = (
  spec: LaunchSpec,
  exit: Exit,
  lines: readonly string[],
  facts: Facts = NO_FACTS,
): Explanation => diagnose(spec, {outcome: 'crashed', exit}, lines, facts);

function explainFinding(circumstances: Circumstances, {rule, evidence: {words}}: Finding): Explanation {
  return {
    code: rule.code,
    message: `${describeFailure(circumstances)}: ${rule.cause(words, circumstances)}`,
    hint: rule.hint(words, circumstances),
  };
}

function describeFailure({spec, failure}: Circumstances): string {
  return failure.outcome === 'exited' || failure.outcome === 'crashed'
    ? describeEnd(spec, failure.outcome === 'crashed', failure.exit)
    : `${titleOf(spec)} was not ready within ${seconds(spec)}`;
}

function explainOutcome(circumstances: Circumstances): Explanation {
  const {spec, failure} = circumstances;
  switch (failure.outcome) {
    case 'cancelled':
      return {code: 'START_CANCELLED', message: `the start of ${titleOf(spec)} was cancelled`};
    case 'exited':
    case 'crashed':
      return explainExit(circumstances, failure.exit);
    case 'timed-out':
      return explainTimeout(circumstances, failure);
    case 'line-invalid':
      return explainLine(circumstances, failure.line);
    case 'port-taken':
      return explainPortTaken(circumstances, failure);
    default:
      return explainSpawn(circumstances, failure);
  }
}
