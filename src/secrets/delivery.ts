import {isReservedName} from './secret-name.js';

/**
 * How secrets reach an app. `bootstrap`: on file descriptor 3, which nothing that the app starts inherits and no process list
 * shows. `environment`: as variables, for apps that do not read that.
 */
export type SecretDelivery = 'bootstrap' | 'environment' | 'both';

export const isDelivery = (value: unknown): value is SecretDelivery =>
  value === 'bootstrap' || value === 'environment' || value === 'both';

export type Delivered = {
  readonly bootstrap: Readonly<Record<string, string>>;
  readonly variables: Readonly<Record<string, string>>;
};

/** What goes where. */
export function deliver(values: Readonly<Record<string, string>>, delivery: SecretDelivery): Delivered {
  return {
    bootstrap: delivery === 'environment' ? {} : {...values},
    variables: delivery === 'bootstrap' ? {} : Object.fromEntries(Object.entries(values).filter(isFree)),
  };
}

/** Tako's own variables win, also over a secret that was named like one elsewhere. */
const isFree = ([name]: readonly [string, string]): boolean => !isReservedName(name);

/** A project that depends on Tako's package reads file descriptor 3; of others that is not known. */
export const decideDelivery = (
  wanted: SecretDelivery | undefined,
  dependencies: Readonly<Record<string, string>>,
): SecretDelivery => wanted ?? (Object.hasOwn(dependencies, 'tako.sh') ? 'bootstrap' : 'both');
