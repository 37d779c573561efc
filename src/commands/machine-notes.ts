import {lookup} from 'node:dns/promises';
import {createContext} from './context.js';

/** Looks whether this machine resolves an app's host and trusts what tako serves, and says what is missing. Never fails. */
export function checkMachine(host: string, say: (text: string) => void): void {
  checkNames(host, say).catch(() => undefined);
  checkRoot(say).catch(() => undefined);
}

async function checkNames(host: string, say: (text: string) => void): Promise<void> {
  const addresses = await lookup(host, {all: true}).catch(() => []);
  if (!addresses.some(({address}) => address === '127.0.0.1' || address === '::1')) {
    const alias = host.endsWith('.test') ? '; its .localhost name needs no setup' : '';
    say(`${host} does not resolve on this machine yet: "tako setup" sees to it${alias}`);
  }
}

/** Loaded when it is needed: a screen that comes up does not wait for certificate parsers. */
async function checkRoot(say: (text: string) => void): Promise<void> {
  const [{loadRoot}, {checkTrust}, {readFacts}] = await Promise.all([
    import('../ca/authority.js'),
    import('../ca/trust/trust.js'),
    import('./trust.js'),
  ]);
  const root = await loadRoot(createContext().files.authority);
  if (root && checkTrust(await readFacts(), root).every(({state}) => state !== 'trusted')) {
    say(`no trust store of this machine has tako's root certificate yet; "tako trust" puts it there`);
  }
}
