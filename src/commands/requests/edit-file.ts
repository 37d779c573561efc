// The file in which a request is changed before it is sent again: like a request of HTTP/1.1, with comments in front.
//
//   # comments, up to the first line that is none
//   POST /orders?page=2
//   content-type: application/json
//   authorization: Bearer ***
//
//   {"item": "cup"}

import type {CapturedBody, ExchangeDetail, Fields, ReplayEdit} from '../../control/exchanges.js';
import {TakoError} from '../../system/error.js';

const INTRODUCTION = [
  'Change what is to be sent, then save and leave. An empty file sends nothing.',
  '*** stands for a value that is masked: where it is left, the true one is sent.',
];

/** What tako says itself when it sends the request. */
const FRAMING = new Set(['host', 'content-length', 'transfer-encoding', 'connection']);

export function renderEditFile({method, url, request}: ExchangeDetail): string {
  const {body} = request;
  const comments = [...INTRODUCTION, ...commentOnBody(body)].map(line => `# ${line}`);
  const fields = request.fields.filter(([name]) => !FRAMING.has(name.toLowerCase()));
  const head = [...comments, `${method} ${targetOf(url)}`, ...fields.map(([name, value]) => `${name}: ${value}`), ''];
  return [...head, ...(shownBody(body) ? [shownBody(body)] : []), ''].join('\n');
}

/** Undefined for one that is not there, or cannot be changed as text. */
const shownBody = (body: CapturedBody | null): string | undefined =>
  body !== null && body.encoding === 'utf8' && !body.isTruncated ? body.data : undefined;

function commentOnBody(body: CapturedBody | null): string[] {
  if (body === null || shownBody(body) !== undefined) return [];
  if (body.isTruncated) return ['The body is not kept whole: write another one below the empty line.'];
  return ['The body is no text: it is sent as it came, if there is none below the empty line.'];
}

/** The path and query of a URL, which is not to be made another one by parsing it. */
export function targetOf(url: string): string {
  const path = url.indexOf('/', url.indexOf('://') + 3);
  return path === -1 ? '*' : url.slice(path);
}

/** What was changed; undefined for an empty file. Throws REPLAY_INVALID for what is no request. */
export function parseEditFile(text: string, {url, request}: ExchangeDetail): ReplayEdit | undefined {
  const lines = text.split('\n');
  const start = lines.findIndex(line => !line.startsWith('#') && line.trim() !== '');
  if (start === -1) return undefined;
  const found = lines.findIndex((line, index) => index > start && line.trim() === '');
  const end = found === -1 ? lines.length : found;
  const [method = '', target = '', ...more] = (lines[start] ?? '').trim().split(/\s+/);
  if (target === '' || more.length > 0) throw invalidLine(start, 'expected a method and a path, as in "POST /orders"');
  const fields = lines.slice(start + 1, end).map((line, index) => parseField(line, start + 1 + index));
  const body = lines.slice(end + 1).join('\n');
  return {
    method,
    ...(target === targetOf(url) ? {} : {target}),
    fields,
    ...changedBody(withoutLastLineEnd(body), request.body),
  };
}

/** Nothing where it is as it was, or where there is none instead of one that could not be shown. */
function changedBody(data: string, before: CapturedBody | null): Pick<ReplayEdit, 'body'> {
  return data === (shownBody(before) ?? '') ? {} : {body: {encoding: 'utf8', data}};
}

/** Editors end the last line. */
const withoutLastLineEnd = (text: string): string => text.replace(/\r?\n$/, '');

function parseField(line: string, index: number): Fields[number] {
  const colon = line.indexOf(':');
  if (colon <= 0)
    throw invalidLine(index, 'expected a field, as in "accept: text/html", or the empty line above the body');
  return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
}

const invalidLine = (index: number, problem: string): TakoError =>
  new TakoError('REPLAY_INVALID', `line ${index + 1} of the file: ${problem}`);
