import {lookup} from 'node:dns/promises';
import type {DaemonInfo, Registration} from '../control/protocol.js';
import {originOf} from '../proxy/request-path.js';
import {createContext} from './context.js';

/** An app as people call it: the host that is shown, and all that it is served at. */
export type VisitedApp = Pick<Registration, 'primaryHost' | 'routes'>;

/**
 * Says in one line what `tako setup` would add to this machine for the app: that its name is found, the port that needs no
 * writing down, trust in certificates. Says nothing where nothing is missing. Never fails.
 */
export async function checkMachine(
  app: VisitedApp,
  {https}: Pick<DaemonInfo, 'https'>,
  say: (text: string) => void,
): Promise<void> {
  const {primaryHost} = app;
  const [isFound, isTrusted] = await Promise.all([isFoundHere(primaryHost), isRootTrusted().catch(() => true)]);
  const missing = [
    ...(isFound ? [] : [`find ${primaryHost}`]),
    ...(https.isDenied ? ['serve it without a port'] : []),
    ...(isTrusted ? [] : ['trust its certificate']),
  ];
  if (missing.length === 0) return;
  const origin = originOf(isFound ? primaryHost : (aliasOf(app) ?? primaryHost), https.port);
  say(
    `"tako setup" lets this machine ${listOf(missing)}${isFound && !https.isDenied ? '' : `; until then: ${origin}`}`,
  );
}

async function isFoundHere(host: string): Promise<boolean> {
  const addresses = await lookup(host, {all: true}).catch(() => []);
  return addresses.some(({address}) => address === '127.0.0.1' || address === '::1');
}

/** Every browser knows these names by itself. */
const aliasOf = ({routes}: VisitedApp): string | undefined =>
  routes.map(route => route.replace(/\/.*$/, '')).find(host => host.endsWith('.localhost') && !host.startsWith('*'));

/** Loaded when it is needed: a screen that comes up does not wait for certificate parsers. */
async function isRootTrusted(): Promise<boolean> {
  const [{loadRoot}, {checkTrust}, {readFacts}] = await Promise.all([
    import('../ca/authority.js'),
    import('../ca/trust/trust.js'),
    import('./trust.js'),
  ]);
  const root = await loadRoot(createContext().files.authority);
  return root === undefined || checkTrust(await readFacts(), root).some(({state}) => state === 'trusted');
}

const listOf = (words: readonly string[]): string =>
  words.length < 3 ? words.join(' and ') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
