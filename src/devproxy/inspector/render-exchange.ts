// An exchange as it is shown: this is the only way out for what was seen, and all of it is masked here.

import {isUtf8} from 'node:buffer';
import type {CapturedBody, ExchangeDetail, ExchangeSummary, Fields} from '../../control/exchanges.js';
import type {HeaderFields} from '../../proxy/header-fields.js';
import {NO_MASK, type SecretMask} from '../../secrets/secret-mask.js';
import type {CapturedBytes} from './captured-bytes.js';
import type {ObservedExchange} from './observed-exchange.js';
import {walkBody} from './secret-bodies.js';
import {createSecretNames} from './secret-names.js';
import {maskSecret, type SecretWalk, walkField, walkTarget} from './secret-text.js';
import {undoCodings} from './undo-coding.js';

/** What is a secret in the exchanges of an app. */
export type Masking = {
  /** Names that stand for one, beside those that always do. */
  readonly names: readonly string[];
  /** The values of its own, wherever they are. */
  readonly values: SecretMask;
};

export function renderSummary(exchange: ObservedExchange, masking: Masking): ExchangeSummary {
  return summarize(exchange, masking);
}

export function renderDetail(exchange: ObservedExchange, masking: Masking): ExchangeDetail {
  const {facts, request, responseBody, frames} = exchange;
  const {response, error} = facts;
  return {
    ...summarize(exchange, masking),
    clientAddress: exchange.clientAddress,
    request: {
      fields: renderFields(request.fields, masking),
      body: renderRequestBody(exchange, masking),
    },
    response:
      response === undefined
        ? null
        : {
            reason: response.reason,
            fields: renderFields(response.fields, masking),
            body: renderBody(responseBody, {...bodyFacts(response.fields, facts.bytesSent), side: 'response'}, masking),
          },
    frames: frames ?? null,
    error: typeof error === 'string' ? masking.values.mask(error) : null,
  };
}

/** The body that came, as it is shown. */
export function renderRequestBody(exchange: ObservedExchange, masking: Masking): CapturedBody | null {
  const {requestBody, request, facts} = exchange;
  const about = {...bodyFacts(request.fields, facts.bytesReceived), side: 'request'} as const;
  return renderBody(requestBody, about, masking);
}

function walkOf({names: maskedNames}: Masking): SecretWalk {
  let masking = maskings.get(maskedNames);
  if (masking === undefined) {
    masking = {names: createSecretNames(maskedNames), visit: maskSecret};
    maskings.set(maskedNames, masking);
  }
  return masking;
}

/** Lists of exchanges are rendered with the same names again and again. */
const maskings = new WeakMap<readonly string[], SecretWalk>();

function summarize(exchange: ObservedExchange, masking: Masking): ExchangeSummary {
  const {id, app, time, request, facts, isSecure, upgrade, replayOf} = exchange;
  const walked = request.target === '*' ? '' : walkTarget(request.target, walkOf(masking));
  const target = masking.values.mask(walked);
  return {
    id,
    app,
    time,
    method: request.method,
    url: `${isSecure ? 'https' : 'http'}://${request.host}${target}`,
    status: facts.response?.status ?? null,
    outcome: facts.outcome ?? null,
    httpVersion: exchange.httpVersion,
    contentType: mediaType(facts.response?.fields.get('content-type')),
    bytesReceived: facts.bytesReceived,
    bytesSent: facts.bytesSent,
    timing: {
      queueMs: toMs(exchange.queueMs),
      coldStartMs: toMs(exchange.coldStartMs),
      firstByteMs: toMs(exchange.firstByteMs),
      totalMs: toMs(exchange.totalMs),
    },
    upgrade: upgrade ?? null,
    replayOf,
  };
}

const mediaType = (contentType: string | undefined): string | null =>
  contentType?.split(';', 1)[0]?.trim().toLowerCase() || null;

/** To the microsecond. */
const toMs = (ms: number): number | null => (Number.isNaN(ms) ? null : Math.max(0, Math.round(ms * 1_000) / 1_000));

const renderFields = (fields: HeaderFields, masking: Masking): Fields =>
  [...fields].map(([name, value]) => [name, masking.values.mask(walkField(name, value, walkOf(masking)))]);

type BodyFacts = {
  readonly bytes: number;
  readonly contentType: string;
  readonly contentEncoding: string;
  readonly side: 'request' | 'response';
};

const bodyFacts = (fields: HeaderFields, bytes: number): Omit<BodyFacts, 'side'> => ({
  bytes,
  contentType: fields.get('content-type') ?? '',
  contentEncoding: fields.get('content-encoding') ?? '',
});

function renderBody(kept: CapturedBytes | undefined, about: BodyFacts, masking: Masking): CapturedBody | null {
  const {bytes, contentType, contentEncoding, side} = about;
  if (kept === undefined) return null;
  const decoded = undoCodings(kept.read(), contentEncoding);
  // What cannot be looked into cannot be masked either.
  if (decoded === undefined) return {encoding: 'base64', data: '', bytes, isTruncated: true};
  const isTruncated = kept.length < bytes || !decoded.isWhole;
  const walked = walkBody(decoded.bytes, contentType, side, walkOf(masking));
  const masked = maskBytes(isTruncated ? withoutPart(walked) : walked, isTruncated, masking.values);
  return {...encode(masked), bytes, isTruncated};
}

/** Their bytes are looked for, whatever else the body is. */
function maskBytes(bytes: Buffer, isCut: boolean, {mask, maskCut}: SecretMask): Buffer {
  if (mask === NO_MASK.mask) return bytes;
  if (isUtf8(bytes)) return Buffer.from((isCut ? maskCut : mask)(bytes.toString()));
  return Buffer.from((isCut ? maskCut : mask)(bytes.toString('latin1')), 'latin1');
}

const encode = (bytes: Buffer): Pick<CapturedBody, 'encoding' | 'data'> =>
  isUtf8(bytes) ? {encoding: 'utf8', data: bytes.toString()} : {encoding: 'base64', data: bytes.toString('base64')};

/** Without a character of which the end is cut off. */
function withoutPart(bytes: Buffer): Buffer {
  let start = bytes.length - 1;
  while (start > bytes.length - 4 && start >= 0 && ((bytes[start] as number) & 0xc0) === 0x80) start--;
  const first = bytes[start] ?? 0;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
  return start >= 0 && start + length > bytes.length ? bytes.subarray(0, start) : bytes;
}
