// Conditional requests for a file: RFC 9110, section 13. Only reading them is here; a GET is all they are about.

import type {HeaderFields} from '../header-fields.js';

/** What there is to compare with. */
export type Validators = {
  /** As it stands in its header. */
  readonly etag: string;
  /** The value of Last-Modified; undefined where there is none. */
  readonly lastModified: string | undefined;
};

/** `not-modified`: 304. `failed`: 412. */
export type ConditionResult = 'passed' | 'not-modified' | 'failed';

/**
 * In the order of section 13.2.2. A date must be the very one that was sent: that of a release that is rolled back to is
 * earlier than the one it replaces, and would pass for it.
 */
export function checkConditions(fields: HeaderFields, {etag, lastModified}: Validators): ConditionResult {
  const ifMatch = fields.get('if-match');
  if (ifMatch !== undefined && !listsEtag(ifMatch, tag => isSameStrongly(tag, etag))) return 'failed';
  const ifNoneMatch = fields.get('if-none-match');
  if (ifNoneMatch !== undefined) {
    return listsEtag(ifNoneMatch, tag => isSameWeakly(tag, etag)) ? 'not-modified' : 'passed';
  }
  const ifModifiedSince = fields.get('if-modified-since');
  return ifModifiedSince !== undefined && ifModifiedSince === lastModified ? 'not-modified' : 'passed';
}

/** Whether a Range is to be heeded: If-Range names this very form of the file (section 13.1.5), or there is none. */
export function isRangeCurrent(fields: HeaderFields, {etag, lastModified}: Validators): boolean {
  const ifRange = fields.get('if-range')?.trim();
  return ifRange === undefined || isSameStrongly(ifRange, etag) || (isStrong(etag) && ifRange === lastModified);
}

/** An entity tag, or `*`; tags may have commas in them. */
const TAGS = /\*|(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g;

const listsEtag = (list: string, isSame: (tag: string) => boolean): boolean =>
  list.trim() === '*' || (list.match(TAGS) ?? []).some(tag => tag !== '*' && isSame(tag));

const isStrong = (tag: string): boolean => tag.startsWith('"');
const isSameStrongly = (tag: string, other: string): boolean => tag === other && isStrong(tag);
const isSameWeakly = (tag: string, other: string): boolean => withoutWeakness(tag) === withoutWeakness(other);
const withoutWeakness = (tag: string): string => (tag.startsWith('W/') ? tag.slice(2) : tag);
