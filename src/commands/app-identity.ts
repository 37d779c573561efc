import type {Project} from '../config/load-project.js';
import {findWorktree} from '../config/worktree.js';
import type {AppStatus} from '../control/events.js';
import {decideAppName} from '../devproxy/app-name.js';
import {TakoError} from '../system/error.js';

/** The label and the name of an app, as its own project and the command line say. */
export type AppIdentity = {
  /** In front of its hosts, for a second checkout. Null: none. */
  readonly variant: string | null;
  /** With the label, but without what makes it the only one of its name. */
  readonly ownName: string;
};

/** `label` undefined: that of the git worktree the project is in, if it is in one. Throws VARIANT_INVALID. */
export async function identify(project: Project, label: string | undefined): Promise<AppIdentity> {
  const variant = await decideVariant(project, label);
  const {name} = project.config;
  return {variant, ownName: variant === null ? name : `${variant}.${name}`};
}

/** Of the same form as a branch is made into: RFC 1035, section 2.3.4. */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

async function decideVariant({directory}: Project, given: string | undefined): Promise<string | null> {
  if (given === undefined) return (await findWorktree(directory))?.label ?? null;
  if (LABEL.test(given)) return given;
  throw new TakoError('VARIANT_INVALID', `"${given}" cannot be a part of a host name`, {
    hint: 'use a-z, 0-9 and "-" in between, at most 63 characters',
  });
}

/**
 * The app a project is registered as, under any name; of several, the one that `tako dev` without flags registers. With a
 * label that was given only the one that has it.
 */
export async function findRegistered(
  project: Project,
  apps: readonly AppStatus[],
  label: string | undefined,
): Promise<AppStatus | undefined> {
  const {directory, configFile = null} = project;
  const own = apps.filter(app => app.directory === directory && app.configFile === configFile);
  const {ownName} = await identify(project, label);
  const name = decideAppName({name: ownName, directory, configFile}, apps);
  return own.find(app => app.name === name) ?? (label === undefined ? own[0] : undefined);
}
