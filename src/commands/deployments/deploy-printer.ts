// What a deploy or a rollback says while it goes on: steps on a terminal, lines elsewhere, both on stderr, or a JSON
// document per line on stdout.

import type {DeployEvent, DeployStep, OnDeployEvent} from '../../prod/deploy/deploy-event.js';
import {createDeployLines} from '../../ui/deploy-lines.js';
import {createStyle, hasColour} from '../../ui/style.js';
import {printJson, printNote} from '../output.js';

export type DeployPrinter = {
  readonly onEvent: OnDeployEvent;
  /** What is printed after it stands below. `left`: what goes on at servers is not looked at any more. */
  close(how: 'over' | 'left'): Promise<void>;
};

export type DeployPrinterOptions = {
  readonly isJson: boolean;
  readonly servers: readonly string[];
  /** Called for Ctrl-C where that is no signal. */
  readonly interrupt: () => void;
};

/** The code of the screen is loaded where there is one. */
export async function createDeployPrinter({isJson, servers, interrupt}: DeployPrinterOptions): Promise<DeployPrinter> {
  const {stdin, stderr: stdout, env} = process;
  if (isJson) return {onEvent: event => printJson(toJson(event)), close: async () => undefined};
  if (!stdout.isTTY || !hasColour(stdout, env)) {
    const onEvent = createDeployLines(servers, createStyle({isColour: false}), printNote);
    return {onEvent, close: async () => undefined};
  }
  const {showDeploy} = await import('../../ui/deploy-screen.js');
  const {push, close} = showDeploy({servers, stdin, stdout, env, interrupt});
  return {onEvent: push, close};
}

/** The types say what kind of step it is, as steps may be added to each: `build-done`, `job-output`. */
function toJson(event: DeployEvent): object {
  if (event.type === 'warning') return event;
  return {...event, type: event.type === 'progress' ? event.step : `${kindOf(event.step)}-${event.type}`};
}

function kindOf(step: DeployStep): string {
  switch (step) {
    case 'check':
    case 'attach':
    case 'upload':
      return step;
    case 'runtime':
    case 'copy':
    case 'packages':
    case 'build':
    case 'hash':
      return 'build';
    default:
      return 'job';
  }
}
