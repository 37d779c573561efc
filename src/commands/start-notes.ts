import {unsupportedInDev} from '../config/config.js';
import {renderProblem} from '../config/problem.js';
import type {DaemonInfo} from '../control/protocol.js';
import {originOf} from '../proxy/request-path.js';
import type {RegisteredProject} from './registration.js';

/** What is to be known when a session starts: what its projects have that has no effect, other names, another port. */
export function startNotes(apps: readonly RegisteredProject[], {https, zones}: DaemonInfo): string[] {
  const [first] = apps;
  const {primaryHost = ''} = first?.registration ?? {};
  const ofApps = apps.flatMap(app =>
    notesOf(app).map(note => (apps.length > 1 ? `${app.registration.name}: ${note}` : note)),
  );
  return [
    ...ofApps,
    ...(zones.includes('test')
      ? []
      : ['names under .test belong to another program: "tako setup --dry-run" says which']),
    ...(https.isDenied ? [`port 443 is not open to this user; serving ${originOf(primaryHost, https.port)}`] : []),
  ];
}

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
