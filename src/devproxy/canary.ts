// A host that tako answers by itself, so that somebody can find out whether names, ports and certificates work: asking for it
// wakes no app, and is on no list of requests.

import {authorityOf, type RequestFilter} from '../proxy/request-path.js';

/** The host to ask for in a zone. Nobody registers it; an app that did would not be reached by it. */
export const canaryHost = (zone: string): string => `tako-doctor-canary.${zone}`;

/** What is answered: it says which daemon did, as another program may have the port. */
export const canaryAnswer = (pid: number): string => `tako-doctor-canary ${pid}\n`;

/** Answers for the canary of each zone and of `.localhost`, whatever the path, over HTTPS and HTTP. */
export function createCanary(zones: readonly string[], pid: number): RequestFilter {
  const hosts = new Set([...zones, 'localhost'].map(canaryHost));
  const headers = {'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store'};
  return session => {
    if (!hosts.has(authorityOf(session).host)) return false;
    session.respond(200, headers, canaryAnswer(pid));
    return true;
  };
}
