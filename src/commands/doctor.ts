import {homedir} from 'node:os';
import {loadRoot} from '../ca/authority.js';
import {findDaemon} from '../devproxy/daemon-client.js';
import {createContext} from './context.js';
import {checkDaemon, checkNames, checkPorts, checkTrustStores, type Finding} from './findings.js';
import {printJson, printResult} from './output.js';
import {readFacts} from './trust.js';

/** Looks at daemon, names, ports and trust; exit code 1 when something is broken. */
export async function doctor({json = false}: {readonly json?: boolean}): Promise<void> {
  const {files, paths, version} = createContext();
  const connection = await findDaemon(files, version);
  connection?.client.close();
  const info = connection?.info;
  const root = await loadRoot(files.authority);
  const findings = [
    checkDaemon(info, version),
    ...(info ? [...(await checkNames(info)), ...(await checkPorts(info))] : []),
    ...checkTrustStores(root, await readFacts()),
  ];
  const isBroken = findings.some(({severity}) => severity === 'error');
  if (json) printJson({ok: !isBroken, paths, home: homedir(), findings});
  else printResult(findings.map(renderFinding).join('\n'));
  process.exitCode = isBroken ? 1 : 0;
}

const MARKS = {ok: 'ok     ', warning: 'warning', error: 'error  '} as const;

const renderFinding = ({severity, observed, fix}: Finding): string =>
  `${MARKS[severity]}  ${observed}${fix === null ? '' : `\n         fix: ${fix}`}`;
