import type {ExchangeMethods, ExchangeQuery, ReplayEdit} from '../../control/exchanges.js';
import type {Handlers} from '../../control/method.js';
import {noSuchRequest, replayInvalid} from './errors.js';
import type {Inspector} from './inspector.js';
import {streamExchanges} from './stream-exchanges.js';

/** What each call about requests does. */
export function createExchangeHandlers(inspector: Inspector): Handlers<ExchangeMethods> {
  return {
    async requests({query, count, follow}, context) {
      await streamExchanges(inspector, {query: parseQuery(query), count, follow}, context);
      return {};
    },
    async request({id}) {
      const found = inspector.find(id);
      if (found === undefined) throw noSuchRequest(id);
      return found;
    },
    replay: ({id, edit}, {signal}) => inspector.replay(id, parseEdit(edit), signal),
  };
}

/** Takes what it knows: a filter of another version's client is no reason to refuse. */
function parseQuery(input: unknown): ExchangeQuery {
  const {app, status, method, url} = Object(input) as Record<string, unknown>;
  const texts = Object.entries({app, status, method, url}).filter(([, value]) => typeof value === 'string');
  return Object.fromEntries(texts) as ExchangeQuery;
}

/** Throws REPLAY_INVALID. */
function parseEdit(input: unknown): ReplayEdit {
  const edit = Object(input) as ReplayEdit;
  const {method, target, fields, body} = edit;
  if (method !== undefined && typeof method !== 'string') throw replayInvalid('its method is no text');
  if (target !== undefined && typeof target !== 'string') throw replayInvalid('its path is no text');
  if (fields !== undefined && !isFields(fields)) throw replayInvalid('its fields are no pairs of texts');
  if (body !== undefined && !isBody(body)) throw replayInvalid('its body is neither text nor base64');
  return {
    ...(method === undefined ? {} : {method}),
    ...(target === undefined ? {} : {target}),
    ...(fields === undefined ? {} : {fields}),
    ...(body === undefined ? {} : {body}),
  };
}

const isFields = (fields: unknown): boolean =>
  Array.isArray(fields) &&
  fields.every(field => Array.isArray(field) && field.length === 2 && field.every(text => typeof text === 'string'));

const isBody = (body: unknown): boolean => {
  const {encoding, data} = Object(body) as {encoding?: unknown; data?: unknown};
  return (encoding === 'utf8' || encoding === 'base64') && typeof data === 'string';
};
