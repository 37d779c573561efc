import {loadProgram} from '../prod/remote/program.js';
import {run} from '../system/exec.js';
import {printNote} from './output.js';
import {createServersContext, selectServers} from './servers-context.js';
import type {InstallResult} from './servers-install.js';
import {installWithConsent} from './servers-install.js';
import {outcomeOf, printOutcomes, type ServerOutcome} from './servers-outcome.js';
import type {PlanFlags} from './trust.js';

/** Brings servers to this version, one after the other: what goes wrong with the first can be seen before the next. */
export async function upgradeServers(name: string | undefined, flags: PlanFlags): Promise<void> {
  const context = createServersContext();
  const servers = await selectServers(context, name);
  const program = await loadProgram(context.packageFolder);
  const outcomes: ServerOutcome<InstallResult>[] = [];
  for (const entry of servers) {
    const options = {
      ...context.connect,
      ...{target: entry, name: entry.name, root: entry.root, program, run, cacheFolder: context.cacheFolder},
      ports: {httpPort: undefined, httpsPort: undefined},
      mayJoin: false,
    };
    outcomes.push(await outcomeOf(entry.name, () => installWithConsent(options, flags)));
    if (outcomes.some(({ok}) => !ok)) break;
  }
  printOutcomes(outcomes, {
    json: flags.json,
    print: (server, {version}) => version !== null && printNote(`${server} runs tako ${version}`),
  });
}
