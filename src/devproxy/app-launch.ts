// From a registration to what the supervisor starts.

import {envNameOf} from '../config/app-url.js';
import type {Registration} from '../control/protocol.js';
import {originOf} from '../proxy/request-path.js';
import {deliver} from '../secrets/delivery.js';
import type {LaunchSpec} from '../supervisor/launch-spec.js';

export type LaunchFacts = {
  /** Authenticates tako to the app. */
  readonly token: string;
  /** Every registered app; those of the same workspace are told of each other. */
  readonly others: readonly Registration[];
  readonly httpsPort: number;
  /** What makes a process with this environment trust tako's certificates. */
  readonly trustFor: (environment: Registration['environment']) => Readonly<Record<string, string>>;
  /** By name: read for this launch, and in no registration. */
  readonly secrets: Readonly<Record<string, string>>;
};

export function launchSpecOf(
  registration: Registration,
  {token, others, httpsPort, trustFor, secrets}: LaunchFacts,
): LaunchSpec {
  const siblings = others.filter(other => isSibling(other, registration));
  const urls = siblings.map(other => [envNameOf(plainNameOf(other)), originOf(other.primaryHost, httpsPort)]);
  const {bootstrap, variables} = deliver(secrets, registration.secretDelivery ?? 'both');
  return {
    app: registration.name,
    command: registration.command,
    directory: registration.directory,
    environment: {
      ...Object.fromEntries(urls),
      ...trustFor(registration.environment),
      ...registration.environment,
      ...variables,
    },
    bootstrap: {token, secrets: bootstrap, storages: {}},
    ...(registration.bootstrapIn === undefined ? {} : {bootstrapIn: registration.bootstrapIn}),
    ready: registration.ready,
    port: registration.port ?? undefined,
    restart: registration.restart,
    readyTimeoutMs: registration.readyTimeoutMs,
    graceMs: registration.graceMs,
  };
}

const isSibling = (other: Registration, {workspace}: Registration): boolean =>
  workspace !== null && other.workspace === workspace;

/** The name without the label of a second checkout: its apps mean each other by it. */
export const plainNameOf = ({name, request: {variant}}: Registration): string =>
  variant !== null && name.startsWith(`${variant}.`) ? name.slice(variant.length + 1) : name;

/** What of a registration a running process has taken up: another one has to be started for it. */
export function mustRestart(before: Registration, after: Registration): boolean {
  const isSameTerminal = JSON.stringify(before.request.terminal) === JSON.stringify(after.request.terminal);
  const [old, wanted] = [before, after].map(registration => [
    PROCESS_FIELDS.map(field => registration[field]),
    isSameTerminal ? settingsOf(registration) : {},
  ]);
  return JSON.stringify(old) !== JSON.stringify(wanted);
}

/** Another terminal's environment always differs in something; it is taken up by the next start. */
const PROCESS_FIELDS: readonly (keyof Registration)[] = ['command', 'directory', 'ready', 'port', 'secretDelivery'];

/**
 * Its environment without the list of its hosts, as routes apply to an app that runs. What a framework is told of hosts
 * counts: it would refuse a new one.
 */
const settingsOf = ({environment: {TAKO_DEV_ALLOWED_HOSTS: _, ...settings}}: Registration): object => settings;
