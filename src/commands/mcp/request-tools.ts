import {z} from 'zod';
import type {ControlClient} from '../../control/client.js';
import {
  type CapturedBody,
  type ExchangeDetail,
  type ExchangeQuery,
  type ExchangeSummary,
  STATUS_PATTERN,
} from '../../control/exchanges.js';
import {cutText} from './log-lines.js';
import {askDaemon, defineTool} from './tool.js';

/** Of one answer: with long URLs some 60,000 tokens of a model. */
const MAX_REQUESTS = 100;
const MAX_URL_LENGTH = 2_000;
const MAX_FIELD_LENGTH = 4_000;
/** A multiple of four: what is left of base64 is base64. */
const MAX_BODY_LENGTH = 16_000;

const id = z.int().min(1).describe('as list_requests says');

/** About what apps were asked for. */
export const REQUEST_TOOLS = [
  defineTool({
    name: 'list_requests',
    title: 'List requests',
    description: 'The last requests that apps were asked for, oldest first: URL, status, where the time went.',
    input: z.strictObject({
      app: z.string().min(1).max(253).optional().describe('of this app only'),
      status: z.string().regex(STATUS_PATTERN).optional().describe('404, or 5xx for all of them'),
      method: z.string().max(20).optional(),
      url: z.string().max(500).optional().describe('part of the URL'),
      count: z.int().min(1).max(MAX_REQUESTS).default(20),
    }),
    output: 'mcp-list-requests',
    kind: 'read',
    isUntrusted: true,
    run: ({count, ...query}) =>
      askDaemon(async client => ({requests: await readRequests(client, definedOf(query), count)})),
  }),
  defineTool({
    name: 'get_request',
    title: 'Look at a request',
    description: 'One request with its header fields and the beginning of its bodies; secrets are masked.',
    input: z.strictObject({id}),
    output: 'requests-show',
    kind: 'read',
    isUntrusted: true,
    run: input => askDaemon(client => readRequest(client, input.id)),
  }),
  defineTool({
    name: 'replay_request',
    title: 'Send a request again',
    description: 'Sends a request to its app again as it came, secrets included, and waits for the answer.',
    input: z.strictObject({id}),
    output: 'requests-replay',
    kind: 'destructive',
    isUntrusted: true,
    run: ({id: given}) =>
      askDaemon(async client => readRequest(client, (await client.call('replay', {id: given, edit: {}})).id)),
  }),
];

async function readRequest(client: ControlClient, number: number): Promise<object> {
  return {ok: true, request: boundDetail(await client.call('request', {id: number}))};
}

/** The last of them that match, oldest first. */
export async function readRequests(
  client: ControlClient,
  query: ExchangeQuery,
  count: number,
): Promise<readonly ExchangeSummary[]> {
  const requests: ExchangeSummary[] = [];
  await client.call(
    'requests',
    {query, count, follow: false},
    {
      onEvent: event => void (event.type === 'request' && requests.push(boundSummary(event.exchange))),
    },
  );
  return requests;
}

const definedOf = (query: Readonly<Record<string, string | undefined>>): ExchangeQuery =>
  Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));

const boundSummary = <Summary extends ExchangeSummary>(exchange: Summary): Summary => ({
  ...exchange,
  url: cutText(exchange.url, MAX_URL_LENGTH),
});

function boundDetail(exchange: ExchangeDetail): ExchangeDetail {
  const {request, response} = exchange;
  return {
    ...boundSummary(exchange),
    request: boundMessage(request),
    response: response && {...response, ...boundMessage(response)},
  };
}

type Message = ExchangeDetail['request'];

const boundMessage = ({fields, body}: Message): Message => ({
  fields: fields.map(([name, value]) => [name, cutText(value, MAX_FIELD_LENGTH)]),
  body: body && boundBody(body),
});

const boundBody = (body: CapturedBody): CapturedBody =>
  body.data.length <= MAX_BODY_LENGTH ? body : {...body, data: body.data.slice(0, MAX_BODY_LENGTH), isTruncated: true};
