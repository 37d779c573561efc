import type {DeploymentName} from '../../control/server-methods.js';

/** One of the instances of a release, as the supervisor knows it: `shop/production@1f0c9ae77b21#2`. */
export type InstanceName = {readonly deployment: string; readonly release: string; readonly number: number};

const INSTANCE = /^([a-z0-9-]+\/[a-z0-9-]+)@([0-9a-f]{12})#([1-9]\d{0,3})$/;

/** The deployment as one word, which is what the gateway's routes lead to: `shop/production`. */
export const deploymentKey = ({app, environment}: DeploymentName): string => `${app}/${environment}`;

/** The name behind a key. Throws where it is none. */
export function parseDeploymentKey(key: string): DeploymentName {
  const [app, environment, ...rest] = key.split('/');
  if (!app || !environment || rest.length > 0) throw new Error(`${JSON.stringify(key)} is not a deployment`);
  return {app, environment};
}

export const renderInstanceName = ({deployment, release, number}: InstanceName): string =>
  `${deployment}@${release}#${number}`;

/** Undefined for what is not the name of an instance. */
export function parseInstanceName(text: string): InstanceName | undefined {
  const [, deployment, release, digits] = INSTANCE.exec(text) ?? [];
  if (deployment === undefined || release === undefined) return undefined;
  return {deployment, release, number: Number(digits)};
}
