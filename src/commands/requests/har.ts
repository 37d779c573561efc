// Requests as an HTTP Archive, which developer tools of browsers read: HAR 1.2,
// http://www.softwareishard.com/blog/har-12-spec/. A number that is not known is -1 there.

import type {CapturedBody, ExchangeDetail, Fields} from '../../control/exchanges.js';

type NameAndValue = {readonly name: string; readonly value: string};

export type Har = {
  readonly log: {
    readonly version: '1.2';
    readonly creator: {readonly name: string; readonly version: string};
    readonly entries: readonly HarEntry[];
  };
};

export type HarEntry = {
  readonly startedDateTime: string;
  readonly time: number;
  readonly request: object;
  readonly response: object;
  readonly cache: Record<string, never>;
  readonly timings: HarTimings;
  readonly comment: string;
};

type HarTimings = {
  readonly blocked: number;
  readonly dns: -1;
  readonly connect: -1;
  readonly ssl: -1;
  readonly send: number;
  readonly wait: number;
  readonly receive: number;
};

const UNKNOWN = -1;

/** What is masked stays so. Requests that are under way are left out: a browser's are over as well. */
export const renderHar = (exchanges: readonly ExchangeDetail[], version: string): Har => ({
  log: {
    version: '1.2',
    creator: {name: 'tako', version},
    entries: exchanges.filter(({outcome}) => outcome !== null).map(renderEntry),
  },
});

function renderEntry(exchange: ExchangeDetail): HarEntry {
  const timings = renderTimings(exchange);
  const {blocked, send, wait, receive} = timings;
  return {
    startedDateTime: new Date(exchange.time).toISOString(),
    time: Math.max(blocked, 0) + send + wait + receive,
    request: renderRequest(exchange),
    response: renderResponse(exchange),
    cache: {},
    timings,
    comment: describe(exchange),
  };
}

function renderTimings({timing}: ExchangeDetail): HarTimings {
  const {queueMs, coldStartMs, firstByteMs, totalMs} = timing;
  const total = totalMs ?? 0;
  const blocked = queueMs === null && coldStartMs === null ? UNKNOWN : (queueMs ?? 0) + (coldStartMs ?? 0);
  const wait = firstByteMs ?? Math.max(0, total - Math.max(blocked, 0));
  const receive = Math.max(0, total - Math.max(blocked, 0) - wait);
  return {blocked, dns: UNKNOWN, connect: UNKNOWN, ssl: UNKNOWN, send: 0, wait, receive};
}

function renderRequest({method, url, httpVersion, request, bytesReceived}: ExchangeDetail): object {
  const {fields, body} = request;
  return {
    method,
    url: normalUrl(url),
    httpVersion: `HTTP/${httpVersion}`,
    cookies: cookiesIn(valuesOf(fields, 'cookie').flatMap(value => value.split(';'))),
    headers: toPairs(fields),
    queryString: queryOf(url),
    ...(body === null ? {} : {postData: renderPostData(body, fields)}),
    headersSize: UNKNOWN,
    bodySize: bytesReceived,
  };
}

/** The format has no way to say bytes that are no text. */
const renderPostData = ({encoding, data, isTruncated}: CapturedBody, fields: Fields): object => ({
  mimeType: valuesOf(fields, 'content-type')[0] ?? '',
  text: encoding === 'utf8' ? data : '',
  ...(encoding === 'utf8' && !isTruncated ? {} : {comment: encoding === 'utf8' ? 'the beginning' : 'not text'}),
});

/** A status of 0 stands for no answer, as with Chromium. */
function renderResponse({status, httpVersion, response, contentType, bytesSent}: ExchangeDetail): object {
  const fields = response?.fields ?? [];
  const setCookies = valuesOf(fields, 'set-cookie').map(value => value.split(';', 1)[0] ?? '');
  return {
    status: status ?? 0,
    statusText: response?.reason ?? '',
    httpVersion: `HTTP/${httpVersion}`,
    cookies: cookiesIn(setCookies),
    headers: toPairs(fields),
    content: renderContent(response?.body ?? null, valuesOf(fields, 'content-type')[0] ?? contentType ?? '', bytesSent),
    redirectURL: valuesOf(fields, 'location')[0] ?? '',
    headersSize: UNKNOWN,
    bodySize: bytesSent,
  };
}

function renderContent(body: CapturedBody | null, mimeType: string, bytesSent: number): object {
  if (body === null) return {size: bytesSent, mimeType};
  const {encoding, data, isTruncated} = body;
  return {
    size: isTruncated ? bytesSent : Buffer.byteLength(data, encoding),
    mimeType,
    text: data,
    ...(encoding === 'base64' ? {encoding} : {}),
    ...(isTruncated ? {comment: `the beginning of ${bytesSent} bytes`} : {}),
  };
}

function describe({id, app, replayOf, outcome, error}: ExchangeDetail): string {
  const remarks = [
    `request ${id} of ${app}`,
    replayOf === null ? '' : `replay of ${replayOf}`,
    outcome === 'answered' ? '' : outcome,
    error,
  ];
  return remarks.filter(Boolean).join(', ');
}

const toPairs = (fields: Fields): NameAndValue[] => fields.map(([name, value]) => ({name, value}));

const valuesOf = (fields: Fields, wanted: string): string[] =>
  fields.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value);

const cookiesIn = (pairs: readonly string[]): NameAndValue[] =>
  pairs
    .map(pair => pair.trim())
    .filter(pair => pair !== '')
    .map(pair => {
      const end = pair.indexOf('=');
      return end === -1 ? {name: '', value: pair} : {name: pair.slice(0, end), value: pair.slice(end + 1)};
    });

const queryOf = (url: string): NameAndValue[] => {
  const start = url.indexOf('?');
  return start === -1 ? [] : [...new URLSearchParams(url.slice(start))].map(([name, value]) => ({name, value}));
};

/** As the format wants it. A client may send what is no URL. */
function normalUrl(url: string): string {
  return URL.canParse(url) ? new URL(url).href : encodeURI(url.toWellFormed());
}
