import {TakoError} from '../system/error.js';
import {diagnose} from './diagnosis/diagnose.js';
import {type Facts, NO_FACTS} from './diagnosis/facts.js';
import type {StartFailure} from './diagnosis/failure.js';
import {gatherFacts} from './diagnosis/gather-facts.js';
import type {Exit} from './instance.js';
import type {LaunchSpec} from './launch-spec.js';

/** Lines of output that go with the error: one screen with all that is around it. */
export const SHOWN_LINES = 20;

/** Why an app could not be started, with what its user needs to see and do. */
export class StartError extends TakoError {
  readonly app: string;
  readonly command: readonly string[];
  /** Set when the process ended by itself. */
  readonly exit: Exit | undefined;
  /** The app's last lines of output. */
  readonly lastLines: readonly string[];

  /** `lines` are searched for the cause; the more there are the better, and SHOWN_LINES of them are kept. */
  constructor(spec: LaunchSpec, failure: StartFailure, lines: readonly string[] = [], facts: Facts = NO_FACTS) {
    const {code, message, hint} = diagnose(spec, failure, lines, facts);
    const lastLines = lines.slice(-SHOWN_LINES);
    const cause = failure.outcome === 'spawn-failed' ? failure.cause : undefined;
    super(code, message, {details: lastLines, cause, ...(hint === undefined ? {} : {hint})});
    this.app = spec.app;
    this.command = spec.command;
    this.exit = failure.outcome === 'exited' ? failure.exit : undefined;
    this.lastLines = lastLines;
  }
}

/** The error with all that can be found out: which command installs what is missing, who has the port. Never rejects. */
export async function explainStart(
  spec: LaunchSpec,
  failure: StartFailure,
  lines: readonly string[] = [],
): Promise<StartError> {
  return new StartError(spec, failure, lines, await gatherFacts(spec.directory, failure, lines));
}
