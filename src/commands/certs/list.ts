import type {CertificateSummary} from '../../control/server-methods.js';
import {printResult} from '../output.js';
import {createServersContext, onServer, selectServers} from '../servers-context.js';
import {printOutcomes, withEachServer} from '../servers-outcome.js';

/** The certificates that servers order. The exit code is 1 when a server does not answer. */
export async function listCertificates(server: string | undefined, {json}: {readonly json?: boolean}): Promise<void> {
  const context = createServersContext();
  const outcomes = await withEachServer(await selectServers(context, server), entry =>
    onServer(entry, context, client => client.call('certificates', {})),
  );
  printOutcomes(outcomes, {
    json,
    print(name, {certificates}) {
      if (outcomes.length > 1) printResult(`${name}:`);
      printResult(certificates.length > 0 ? certificates.flatMap(describeCertificate).join('\n') : 'no certificates');
    },
  });
}

/** A line for each, and for one that failed why, and what to do. */
export function describeCertificate(certificate: CertificateSummary): readonly string[] {
  const {name, state, isOrdering, issuer, notAfter, dueAt, problem} = certificate;
  const until = notAfter === null ? '' : ` until ${day(notAfter)}`;
  const from = issuer === null ? '' : `, from ${issuer}`;
  const next = isOrdering ? 'being ordered' : `${notAfter === null ? 'ordered' : 'renewed'} ${day(dueAt)}`;
  return [
    `${name}  ${state}${until}${from}; ${next}`,
    ...(problem ? [`  ${problem.message} [${problem.code}]`, ...(problem.hint ? [`  ${problem.hint}`] : [])] : []),
  ];
}

const day = (time: number): string => new Date(time).toISOString().slice(0, 16).replace('T', ' ');
