import {printResult} from '../output.js';
import {createServersContext, onServer, selectServers} from '../servers-context.js';
import {printOutcomes, withEachServer} from '../servers-outcome.js';
import {describeCertificate} from './list.js';

export type RenewFlags = {readonly server?: string; readonly json?: boolean};

/** Orders a certificate on each server, or on one of them; ends when it is there. The exit code is 1 when one fails. */
export async function renewCertificate(name: string, {server, json}: RenewFlags): Promise<void> {
  const context = createServersContext();
  const outcomes = await withEachServer(await selectServers(context, server), entry =>
    onServer(entry, context, client => client.call('renewCertificate', {name})),
  );
  printOutcomes(outcomes, {
    json,
    print: (of, {certificate}) => printResult([`${of}:`, ...describeCertificate(certificate)].join('\n')),
  });
}
