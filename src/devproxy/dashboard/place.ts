/** What a path of the page is about, and what is asked of it. */
export type Place = {readonly about: Subject; readonly verb: Verb};

export type Subject =
  | {readonly kind: 'apps'}
  | {readonly kind: 'app'; readonly name: string}
  | {readonly kind: 'request'; readonly id: number};

/** `show`: the page itself. `events`: what becomes of it. The others change something. */
export type Verb = 'show' | 'events' | 'restart' | 'stop' | 'replay';

/** Whether it changes something. */
export const isAction = ({verb}: Place): boolean => verb !== 'show' && verb !== 'events';

/** Whether it can be asked for like that: what changes something is never only read, nor the other way round. */
export function takesMethod(place: Place, method: string): boolean {
  if (isAction(place)) return method === 'POST';
  return method === 'GET' || (method === 'HEAD' && place.verb === 'show');
}

const VERBS: Readonly<Record<Subject['kind'], readonly Verb[]>> = {
  apps: ['show', 'events'],
  app: ['show', 'events', 'restart', 'stop'],
  request: ['show', 'events', 'replay'],
};

/** Reads `/`, `/apps/NAME` and `/requests/ID`, each with a verb behind it or not. */
export function parsePlace(path: string): Place | undefined {
  const [collection = '', key = '', ...verbs] = path === '/events' ? ['', '', 'events'] : path.slice(1).split('/');
  const about = parseSubject(collection, key);
  const verb = verbs.length === 0 ? 'show' : VERBS[about?.kind ?? 'apps'].find(known => known === verbs.join('/'));
  return about === undefined || verb === undefined || verbs[0] === 'show' ? undefined : {about, verb};
}

function parseSubject(collection: string, key: string): Subject | undefined {
  if (collection === '' && key === '') return {kind: 'apps'};
  if (collection === 'apps' && key !== '') return parseName(key);
  return collection === 'requests' && /^\d{1,15}$/.test(key) ? {kind: 'request', id: Number(key)} : undefined;
}

function parseName(key: string): Subject | undefined {
  try {
    return {kind: 'app', name: decodeURIComponent(key)};
  } catch {
    return undefined;
  }
}
