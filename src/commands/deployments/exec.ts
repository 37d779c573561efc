import {printJson} from '../output.js';
import {onServer} from '../servers-context.js';
import {type DeploymentFlags, requireOneServer, selectDeployment} from './deployment-context.js';

/** Runs a command in the environment of the release that serves, and ends as it does. */
export async function execute(command: readonly string[], flags: DeploymentFlags): Promise<void> {
  const selected = await selectDeployment(flags);
  const exit = await onServer(requireOneServer(selected), selected.context, client =>
    client.call(
      'exec',
      {deployment: selected.name, command},
      {
        onEvent: ({stream, text}) =>
          flags.json ? printJson({type: 'output', stream, text}) : void process[stream].write(`${text}\n`),
      },
    ),
  );
  if (flags.json) printJson({type: 'end', ...exit});
  process.exitCode = exit.code ?? 1;
}
