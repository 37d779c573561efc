// The request that is sent again: what came, with what somebody changed of it. What they were shown of it had its secrets
// masked, and where they left it so, the true values are filled in.

import type {CapturedBody, Fields, ReplayEdit} from '../../control/exchanges.js';
import type {RequestHead} from '../../proxy/client-side.js';
import {HeaderFields} from '../../proxy/header-fields.js';
import {bodyNotKept, notReplayable, replayInvalid} from './errors.js';
import {type ObservedExchange, REQUEST_BODY_BYTES} from './observed-exchange.js';
import {type Masking, renderRequestBody} from './render-exchange.js';
import {walkBody} from './secret-bodies.js';
import {createSecretNames, type SecretNames} from './secret-names.js';
import {type VisitSecret, walkField, walkTarget} from './secret-text.js';
import {undoCodings} from './undo-coding.js';

export type ReplayRequest = {readonly head: RequestHead; readonly body: Buffer};

/** Throws BODY_NOT_KEPT, NOT_REPLAYABLE and REPLAY_INVALID. */
export function makeReplay(exchange: ObservedExchange, edit: ReplayEdit, masking: Masking): ReplayRequest {
  const {id, request, upgrade} = exchange;
  if (upgrade !== undefined) throw notReplayable(id, `asked for an upgrade to ${upgrade}`);
  const names = createSecretNames(masking.names);
  const {unmask} = masking.values;
  const method = edit.method ?? request.method;
  if (!TOKEN.test(method) || method === 'CONNECT') throw replayInvalid(`${JSON.stringify(method)} is not a method`);
  const target =
    edit.target === undefined
      ? request.target
      : restoreTarget(request.target, unmask(edit.target, encodeURIComponent), names);
  if (!TARGET.test(target)) throw replayInvalid('its path is none; it begins with / and has no spaces');
  const fields =
    edit.fields === undefined
      ? [...request.fields]
      : restoreFields([...request.fields], unmaskFields(edit.fields, unmask), names);
  const body = edit.body === undefined ? wholeBody(exchange) : restoreBody(exchange, edit.body, masking);
  const isDecoded = edit.body !== undefined && !body.equals(exchange.requestBody?.read() ?? NOTHING);
  return {head: {method, target, host: request.host, fields: toFields(fields, isDecoded)}, body};
}

const NOTHING = Buffer.alloc(0);
/** RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;
/** What the parser of heads takes as a path or `*`. */
const TARGET = /^(?:\/[\x21\x22\x24-\x7e]{0,16383}|\*)$/;

/** Says anew what is about the body and the connection; a body that was changed has no content coding. */
const FRAMING = new Set(['host', 'content-length', 'transfer-encoding', 'connection', 'expect', 'trailer', 'te']);
const CODING = 'content-encoding';

function toFields(fields: Fields, isDecoded: boolean): HeaderFields {
  const sent = fields.filter(([name]) => {
    const lowerName = name.toLowerCase();
    return !FRAMING.has(lowerName) && !(isDecoded && lowerName === CODING);
  });
  try {
    return HeaderFields.from(sent.flat());
  } catch (error) {
    throw replayInvalid((error as Error).message);
  }
}

function wholeBody({id, facts, hasBody, requestBody, isBodyWhole}: ObservedExchange): Buffer {
  if (!hasBody) return NOTHING;
  if (!isBodyWhole || facts.bytesReceived > (requestBody?.length ?? 0)) throw bodyNotKept(id, REQUEST_BODY_BYTES);
  return requestBody?.read() ?? NOTHING;
}

const restoreTarget = (original: string, edited: string, names: SecretNames): string => {
  const secrets = createSecrets();
  walkTarget(original, {names, visit: secrets.note});
  return walkTarget(edited, {names, visit: secrets.restore});
};

function restoreFields(original: Fields, edited: Fields, names: SecretNames): Fields {
  const secrets = createSecrets();
  for (const [name, value] of original) walkField(name, value, {names, visit: secrets.note});
  return edited.map(([name, value]) => [name, walkField(name, value, {names, visit: secrets.restore})]);
}

/** How a value is written in a body of that type. */
function writingIn(contentType: string): (value: string) => string {
  if (/[/+]json\b/i.test(contentType)) return value => JSON.stringify(value).slice(1, -1);
  return /x-www-form-urlencoded/i.test(contentType) ? encodeURIComponent : value => value;
}

const unmaskFields = (fields: Fields, unmask: (text: string) => string): Fields =>
  fields.map(([name, value]) => [name, unmask(value)]);

type EditedBody = Pick<CapturedBody, 'encoding' | 'data'>;

function restoreBody(exchange: ObservedExchange, edited: EditedBody, masking: Masking): Buffer {
  const shown = renderRequestBody(exchange, masking);
  if (shown !== null && shown.encoding === edited.encoding && shown.data === edited.data) return wholeBody(exchange);
  const names = createSecretNames(masking.names);
  const contentType = exchange.request.fields.get('content-type') ?? '';
  const secrets = createSecrets();
  const walk = (bytes: Buffer, visit: VisitSecret): Buffer => walkBody(bytes, contentType, 'request', {names, visit});
  const kept = exchange.requestBody?.read() ?? NOTHING;
  walk(undoCodings(kept, exchange.request.fields.get(CODING) ?? '')?.bytes ?? NOTHING, secrets.note);
  const {unmask} = masking.values;
  const data = edited.encoding === 'utf8' ? unmask(edited.data, writingIn(contentType)) : edited.data;
  return walk(Buffer.from(data, edited.encoding), secrets.restore);
}

type Secrets = {readonly note: VisitSecret; readonly restore: VisitSecret};

/** The first of a name is put where the first of that name is, the second where the second is. */
function createSecrets(): Secrets {
  const known = new Map<string, string[]>();
  const seen = new Map<string, number>();
  return {
    note(name, value) {
      const key = name.toLowerCase();
      known.set(key, [...(known.get(key) ?? []), value]);
      return value;
    },
    restore(name, value, mask) {
      const key = name.toLowerCase();
      const index = seen.get(key) ?? 0;
      seen.set(key, index + 1);
      if (value !== mask) return value;
      const secret = known.get(key)?.[index];
      if (secret === undefined) throw replayInvalid(`what is masked as ${name} is not known there; give its value`);
      return secret;
    },
  };
}
