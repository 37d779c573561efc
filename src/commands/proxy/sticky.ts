import type {Session} from '../../proxy/session.js';
import {TakoError} from '../../system/error.js';

/** What a client is known by, so that it goes to the same backend each time. */
export type Sticky =
  | {readonly by: 'address'}
  | {readonly by: 'header'; readonly name: string}
  | {readonly by: 'cookie'; readonly name: string};

/** RFC 9110, section 5.6.2: what names of fields and cookies are made of. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Reads `header:NAME`, `cookie:NAME` or `address`. Throws STICKY_INVALID. */
export function parseSticky(text: string): Sticky {
  const [by, name = ''] = text.split(/:(.*)/s);
  if (by === 'address' && name === '') return {by};
  if ((by === 'header' || by === 'cookie') && TOKEN.test(name)) return {by, name};
  throw new TakoError('STICKY_INVALID', `"${text}" does not say what to stick to`, {
    hint: 'write header:NAME, cookie:NAME or address',
  });
}

/** The key of a request. One that has no such field or cookie is known by its client's address. */
export function stickyKeyOf(sticky: Sticky): (session: Pick<Session, 'client' | 'request'>) => string {
  switch (sticky.by) {
    case 'address':
      return ({client}) => client.address;
    case 'header':
      return ({client, request}) => request.fields.get(sticky.name) ?? client.address;
    case 'cookie':
      return ({client, request}) => findCookie(request.fields.getAll('cookie'), sticky.name) ?? client.address;
  }
}

/** HTTP/2 may split the field into several: RFC 9113, section 8.2.3. */
function findCookie(values: readonly string[], name: string): string | undefined {
  for (const pair of values.flatMap(value => value.split(';'))) {
    const end = pair.indexOf('=');
    if (end !== -1 && pair.slice(0, end).trim() === name) return pair.slice(end + 1).trim();
  }
  return undefined;
}
