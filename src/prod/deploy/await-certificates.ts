import type {CertificateSummary} from '../../control/server-methods.js';
import {TakoError} from '../../system/error.js';
import type {Manifest} from '../releases/manifest.js';
import type {ServerConnection} from '../remote/server-connection.js';
import {orderedNames} from '../server/ordered-names.js';
import {type OnDeployEvent, withStep} from './deploy-event.js';

type Watch = {readonly onEvent: OnDeployEvent; readonly signal: AbortSignal};

/**
 * Waits until the names of a release that serves have certificates. What is missing is a warning, as is a server that does not
 * say: the deploy has succeeded, and the server goes on trying.
 */
export async function awaitCertificates(connection: ServerConnection, manifest: Manifest, watch: Watch): Promise<void> {
  if (orderedNames(manifest).length === 0) return;
  const {name: server} = connection.entry;
  try {
    const certificates = await withStep({step: 'certificates', server}, watch, () => ask(connection, manifest), noteOf);
    for (const text of certificates.flatMap(describeMissing)) watch.onEvent({type: 'warning', text});
  } catch (error) {
    if (!(error instanceof TakoError)) throw error;
    watch.onEvent({type: 'warning', text: `${server} does not say whether it has certificates: ${error.message}`});
  }
}

async function ask({client}: ServerConnection, manifest: Manifest): Promise<readonly CertificateSummary[]> {
  const deployment = {app: manifest.app, environment: manifest.environment};
  return (await client.call('awaitCertificates', {deployment})).certificates;
}

const noteOf = (certificates: readonly CertificateSummary[]): string => {
  const valid = certificates.filter(({state}) => state === 'valid').length;
  return valid === certificates.length ? `${valid} valid` : `${valid} of ${certificates.length} valid`;
};

function describeMissing({name, state, problem}: CertificateSummary): readonly string[] {
  if (state === 'valid') return [];
  if (problem) return [`${problem.message}${problem.hint ? `; ${problem.hint}` : ''}`];
  return [`the certificate for ${name} is still being ordered: "tako certs list" shows it`];
}
