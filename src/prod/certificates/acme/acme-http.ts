// How acme-client asks a CA: by undici, with limits and one kind of error, instead of its own way. That tries again by itself,
// so that a CA which says when to come back would be waited for inside a request, and it fails on a CA that does not answer.

import {getCACertificates} from 'node:tls';
import acme from 'acme-client';
import {Agent, type Dispatcher, request} from 'undici';
import {parseRetryAfter} from '../retry-time.js';
import {AcmeProblem, parseProblem} from './acme-problem.js';

/** A CA that takes longer is asked again later. */
const TIMEOUT_MS = 30_000;
/** A chain of certificates is some 10 KiB. */
const MAX_ANSWER_BYTES = 1024 * 1024;

export type AcmeHttpOptions = {
  /** Root certificates, PEM, that CAs may have beside those Node knows. */
  readonly authorities?: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** What this program tells CAs that it is (RFC 8555, section 6.1). */
  readonly userAgent: string;
};

/** For every client of acme-client in this process: it has one way out for all of them. */
export function installAcmeHttp({authorities = [], now, userAgent}: AcmeHttpOptions): void {
  const dispatcher = createDispatcher(authorities);
  acme.axios.defaults.adapter = async config => {
    const {url = '', method = 'get', headers, data} = config;
    const fields = {...lowerCase(headers.toJSON()), 'user-agent': userAgent};
    const answer = await ask({url, method, fields, body: typeof data === 'string' ? data : undefined}, dispatcher, now);
    return {...answer, statusText: '', config, request: undefined};
  };
}

/** JSON that anybody may ask a CA for. Throws AcmeProblem. */
export async function getJson(url: string, {authorities = [], now, userAgent}: AcmeHttpOptions): Promise<Answer> {
  const dispatcher = createDispatcher(authorities);
  try {
    return await ask({url, method: 'get', fields: {'user-agent': userAgent}, body: undefined}, dispatcher, now);
  } finally {
    void dispatcher.close();
  }
}

type Question = {
  readonly url: string;
  readonly method: string;
  readonly fields: Record<string, string>;
  readonly body: string | undefined;
};

export type Answer = {
  readonly status: number;
  readonly headers: Record<string, string>;
  /** What JSON says; else the text. */
  readonly data: unknown;
};

/** Throws AcmeProblem for what is not answered, and for every error but a nonce that was used up: that is asked again. */
async function ask(question: Question, dispatcher: Dispatcher, now: () => number): Promise<Answer> {
  const answer = await send(question, dispatcher);
  if (answer.status < 400 || isBadNonce(answer.data)) return answer;
  throw parseProblem(answer.data, answer.status, parseRetryAfter(answer.headers['retry-after'], now()));
}

async function send({url, method, fields, body}: Question, dispatcher: Dispatcher): Promise<Answer> {
  if (!/^https:\/\//.test(url)) throw new AcmeProblem('the CA gave an address that is not one of HTTPS');
  const {host} = new URL(url);
  try {
    const response = await request(url, {
      method: method.toUpperCase() as Dispatcher.HttpMethod,
      headers: fields,
      ...(body === undefined ? {} : {body}),
      dispatcher,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await readText(response.body);
    const headers = Object.fromEntries(
      Object.entries(response.headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]),
    );
    return {status: response.statusCode, headers, data: parseBody(text, headers['content-type'])};
  } catch (error) {
    if (error instanceof AcmeProblem) throw error;
    throw new AcmeProblem(`${host} does not answer: ${reasonOf(error)}`, {cause: error});
  }
}

async function readText(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) throw new AcmeProblem('the CA answered with more than 1 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

const lowerCase = (fields: object): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), String(value)]));

/** As axios does it: acme-client works with objects. */
function parseBody(text: string, contentType = ''): unknown {
  if (!/\bjson\b/.test(contentType)) return text;
  try {
    return JSON.parse(text);
  } catch {
    throw new AcmeProblem('the CA answered with what is not JSON');
  }
}

const isBadNonce = (data: unknown): boolean => Object(data).type === 'urn:ietf:params:acme:error:badNonce';

function reasonOf(error: unknown): string {
  const {code, message} = Object(error) as {code?: unknown; message?: unknown};
  if (Object(error).name === 'TimeoutError') return `not within ${TIMEOUT_MS / 1_000} s`;
  return String(message || code || error);
}

const createDispatcher = (authorities: readonly string[]): Dispatcher =>
  new Agent({connect: authorities.length === 0 ? {} : {ca: [...getCACertificates('default'), ...authorities]}});
