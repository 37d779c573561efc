import {renderRuntime} from '../../prod/deploy/pin-runtime.js';
import type {DeployPlan} from '../../prod/deploy/plan.js';
import {renderCommand} from '../../system/exec.js';

/** A plan for people, a line per matter. */
export function describePlan(plan: DeployPlan): string {
  const [file = '', ...args] = plan.start?.command ?? [];
  const {runtime} = plan;
  const lines: readonly (readonly [string, string])[] = [
    ['app', `${plan.app}/${plan.environment}${plan.framework === null ? '' : ` (${plan.framework})`}`],
    ['servers', plan.servers.join(', ')],
    ['routes', plan.routes.join(', ')],
    ...plan.build.map((step): readonly [string, string] => ['build', step.line]),
    ['start', plan.start ? renderCommand({file, args}, false) : 'nothing: its files are served as they are'],
    ...(runtime === null || runtime.origin === null
      ? []
      : [['runtime', `${renderRuntime(runtime)} (${runtime.origin})`] as const]),
    ...(plan.releaseCommand === null ? [] : [['release', plan.releaseCommand] as const]),
  ];
  return lines.map(([name, value]) => `  ${name.padEnd(8)} ${value}`).join('\n');
}
