import type {DeployEvent} from '../prod/deploy/deploy-event.js';
import {type DeployLine, EMPTY_DEPLOY, reduceDeploy} from './deploy-view.js';
import {safeText} from './safe-text.js';
import type {Style} from './style.js';

/** A line as it is printed; it names its server where there are several. */
export function renderDeployLine({kind, server, text}: DeployLine, servers: readonly string[], style: Style): string {
  const head = server !== null && servers.length > 1 ? `${server}: ` : '';
  if (kind === 'output') return `${head}${style.dim('  | ')}${safeText(text, style)}`;
  return kind === 'warning' ? style.yellow(`warning: ${text}`) : head + text;
}

/** Prints a deploy where there is no terminal to draw on: a line for each step that is done. */
export function createDeployLines(
  servers: readonly string[],
  style: Style,
  print: (line: string) => void,
): (event: DeployEvent) => void {
  let view = EMPTY_DEPLOY;
  return event => {
    const next = reduceDeploy(view, event, performance.now());
    view = next.view;
    for (const line of next.lines) print(renderDeployLine(line, servers, style));
  };
}
