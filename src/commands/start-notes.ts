import {unsupportedInDev} from '../config/config.js';
import {renderProblem} from '../config/problem.js';
import type {DaemonInfo} from '../control/protocol.js';
import type {RegisteredProject} from './registration.js';

/** What is to be known when a session starts: what its projects have that has no effect, and other names. */
export const startNotes = (apps: readonly RegisteredProject[], {zones}: DaemonInfo): string[] => [
  ...apps.flatMap(app => notesOf(app).map(note => (apps.length > 1 ? `${app.registration.name}: ${note}` : note))),
  ...(zones.includes('test') ? [] : ['names under .test belong to another program: "tako setup --dry-run" says which']),
];

function notesOf({project: {config, warnings}, registration: {name}, ownName}: RegisteredProject): string[] {
  const unsupported = unsupportedInDev(config);
  return [
    ...warnings.map(renderProblem),
    ...(unsupported.length > 0
      ? [`tako dev does not act on these keys of tako.toml yet: ${unsupported.join(', ')}`]
      : []),
    ...(name === ownName ? [] : [`the name ${ownName} is taken by another folder; this app is ${name}`]),
  ];
}
