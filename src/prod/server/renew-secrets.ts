import {TakoError} from '../../system/error.js';
import type {Deployment} from './deployment.js';
import type {Deployments} from './deployments.js';
import type {DeployedSecrets} from './secret-vault.js';

/**
 * Has fresh processes with these secrets follow those that run; nothing happens where it has them already. Where one of them
 * does not become ready, those from before go on, with the secrets from before. Throws SECRETS_NOT_APPLIED then.
 */
export async function renewSecrets(
  deployment: Deployment,
  secrets: DeployedSecrets | undefined,
  deployments: Pick<Deployments, 'keepSecrets'>,
): Promise<void> {
  if (deployment.secrets?.digest === secrets?.digest) return;
  await deployment.set?.renew(secrets).catch(error => Promise.reject(notApplied(error)));
  deployments.keepSecrets(deployment, secrets);
  deployment.failure = undefined;
}

/** The same outside of a job, of which none begins its work meanwhile. */
export async function renewAlone(...[deployment, ...how]: Parameters<typeof renewSecrets>): Promise<void> {
  if (deployment.job || deployment.renewing) {
    throw new TakoError('DEPLOY_UNDER_WAY', `a deploy or sync of ${deployment.key} is under way`, {
      hint: 'try again when it is over',
    });
  }
  deployment.renewing = renewSecrets(deployment, ...how);
  try {
    await deployment.renewing;
  } finally {
    deployment.renewing = undefined;
  }
}

function notApplied(error: unknown): TakoError {
  const known = error instanceof TakoError ? error : undefined;
  return new TakoError(
    'SECRETS_NOT_APPLIED',
    `a process with the new secrets did not become ready: ${String((error as Error).message)}`,
    {
      hint: 'those that ran before go on, with the secrets from before',
      details: known?.details ?? [],
      cause: error,
    },
  );
}
