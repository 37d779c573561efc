// What is said about a file: its form, its status, its header. Decides only; nothing is read.

import {STATUS_CODES} from 'node:http';
import type {ResponseHead} from '../client-side.js';
import {HeaderFields} from '../header-fields.js';
import {type ByteRange, parseRange} from './byte-range.js';
import {checkConditions, isRangeCurrent, type Validators} from './conditions.js';
import {CODING_NAMES, CODINGS, type Coding, chooseCoding} from './content-coding.js';
import {type ContentType, contentTypeOf, isHtml} from './content-types.js';
import type {FileIndex, IndexedFile} from './file-index.js';

/** A file that answers. */
export type ChosenFile = {
  readonly index: FileIndex;
  /** Its path in the index. */
  readonly path: string;
  readonly role: FileRole;
};

/**
 * `asset`: the file that was asked for. `hashed`: one whose URL never means another. `fallback`: a page where there is no
 * file. `not-found`: the page that says so.
 */
export type FileRole = 'asset' | 'hashed' | 'fallback' | 'not-found';

export type FileAnswer = {
  readonly head: ResponseHead;
  /** The length of the body, -1 where the answer has none to speak of. */
  readonly contentLength: number;
  /** What of which file is sent; undefined for no body. */
  readonly body: ({readonly file: IndexedFile} & ByteRange) | undefined;
};

/** What a request for a file says. */
export type FileRequest = {readonly method: string; readonly fields: HeaderFields};

/** A year: RFC 2616, section 14.21, asked for no more. `immutable`, of RFC 8246, spares the question on a reload. */
const FOR_GOOD = 'public, max-age=31536000, immutable';
/** A page names the files of its release: it is asked for anew each time, and mostly answered with 304. */
const PAGE = 'no-cache';
/** What has no hash in its name may be another file after the next deploy. */
const CHECKED = 'public, max-age=0, must-revalidate';
const NOT_KEPT = 'no-store';

/** The answer to GET or HEAD. */
export function decideFileAnswer(chosen: ChosenFile, {method, fields}: FileRequest, now: number): FileAnswer {
  const type = contentTypeOf(chosen.path);
  const form = chooseForm(chosen, type, fields);
  const {file} = form;
  const validators = {etag: file.etag, lastModified: lastModifiedOf(file, now)};
  const head = describe(chosen, type, form);
  if (chosen.role === 'not-found') return whole(404, head, form, method);
  addValidators(head, validators);
  const result = checkConditions(fields, validators);
  if (result === 'not-modified') return withoutBody(304, head, -1);
  if (result === 'failed') return withoutBody(412, head, 0);
  head.set('accept-ranges', 'bytes');
  const range =
    method === 'GET' && isRangeCurrent(fields, validators) ? parseRange(fields.get('range'), file.size) : 'whole';
  if (range === 'whole') return whole(200, head, form, method);
  return range === 'unsatisfiable' ? unsatisfiable(head, file) : part(head, file, range);
}

/** The file itself, or one that has the same in a coding the client takes. */
type Form = {readonly file: IndexedFile; readonly coding: Coding | undefined; readonly hasOthers: boolean};

function chooseForm({index, path}: ChosenFile, {isCompressible}: ContentType, fields: HeaderFields): Form {
  const plain = index.get(path) as IndexedFile;
  const available = isCompressible ? CODING_NAMES.filter(coding => index.has(path + CODINGS[coding])) : [];
  const coding = chooseCoding(available, fields.get('accept-encoding'));
  const file = coding === undefined ? plain : index.get(path + CODINGS[coding]);
  return {file: file ?? plain, coding, hasOthers: available.length > 0};
}

function describe({role}: ChosenFile, type: ContentType, {coding, hasOthers}: Form): HeaderFields {
  const fields = HeaderFields.from([
    'content-type',
    type.value,
    'cache-control',
    cacheControlOf(role, type),
    'x-content-type-options',
    'nosniff',
  ]);
  if (coding !== undefined) fields.set('content-encoding', coding);
  // Who does not ask for a page gets none: see static-files.ts.
  const varies = [role === 'fallback' ? 'accept' : '', hasOthers ? 'accept-encoding' : ''].filter(name => name !== '');
  if (varies.length > 0) fields.set('vary', varies.join(', '));
  return fields;
}

function cacheControlOf(role: FileRole, type: ContentType): string {
  if (role === 'not-found') return NOT_KEPT;
  if (isHtml(type)) return PAGE;
  return role === 'hashed' ? FOR_GOOD : CHECKED;
}

function addValidators(head: HeaderFields, {etag, lastModified}: Validators): void {
  head.set('etag', etag);
  if (lastModified !== undefined) head.set('last-modified', lastModified);
}

/** None of a time that is still to come: RFC 9110, section 8.8.2.1. */
const lastModifiedOf = ({modifiedMs}: IndexedFile, now: number): string | undefined =>
  modifiedMs > now ? undefined : new Date(modifiedMs).toUTCString();

function whole(status: number, head: HeaderFields, {file}: Form, method: string): FileAnswer {
  if (method === 'HEAD') return withoutBody(status, head, file.size);
  return withBody(status, head, {file, start: 0, end: file.size});
}

function part(head: HeaderFields, file: IndexedFile, {start, end}: ByteRange): FileAnswer {
  head.set('content-range', `bytes ${start}-${end - 1}/${file.size}`);
  return withBody(206, head, {file, start, end});
}

function unsatisfiable(head: HeaderFields, {size}: IndexedFile): FileAnswer {
  head.set('content-range', `bytes */${size}`);
  head.set('cache-control', NOT_KEPT);
  for (const name of ['content-type', 'content-encoding', 'etag', 'last-modified']) head.delete(name);
  return withoutBody(416, head, 0);
}

const withBody = (
  status: number,
  fields: HeaderFields,
  body: {readonly file: IndexedFile} & ByteRange,
): FileAnswer => ({
  ...withoutBody(status, fields, body.end - body.start),
  body,
});

/** `contentLength` is that of the body a GET would have; -1 leaves it unsaid. */
function withoutBody(status: number, fields: HeaderFields, contentLength: number): FileAnswer {
  if (contentLength !== -1) fields.set('content-length', String(contentLength));
  return {head: {status, reason: STATUS_CODES[status] ?? '', fields}, contentLength, body: undefined};
}
