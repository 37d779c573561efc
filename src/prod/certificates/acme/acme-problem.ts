import {TakoError} from '../../../system/error.js';

/** What a CA answers instead of what it was asked for (RFC 8555, section 6.7), or that it did not answer. */
export class AcmeProblem extends Error {
  /** As `rateLimited`: the last part of the problem's type. Undefined where the answer was none of ACME. */
  readonly type: string | undefined;
  /** Of HTTP; undefined where there was no answer. */
  readonly status: number | undefined;
  /** Not before that, in milliseconds since the epoch, where the CA says so. */
  readonly retryAfter: number | undefined;

  constructor(message: string, facts: {type?: string; status?: number; retryAfter?: number; cause?: unknown} = {}) {
    super(message, {cause: facts.cause});
    this.type = facts.type;
    this.status = facts.status;
    this.retryAfter = facts.retryAfter;
  }
}

const TYPE_PREFIX = 'urn:ietf:params:acme:error:';

/** The error that a CA's problem document is, wherever it stands: an answer of its own, or a part of a challenge. */
export function parseProblem(document: unknown, status?: number, retryAfter?: number): AcmeProblem {
  const {type, detail, subproblems} = Object(document) as Record<string, unknown>;
  const name = typeof type === 'string' && type.startsWith(TYPE_PREFIX) ? type.slice(TYPE_PREFIX.length) : undefined;
  const parts = Array.isArray(subproblems) ? subproblems.map(part => textOf(Object(part).detail)) : [];
  const text = [textOf(detail), ...parts].filter(part => part !== '').join('; ');
  return new AcmeProblem(text || `the CA answered with ${status ?? 'an error'}`, {
    ...(name === undefined ? {} : {type: name}),
    ...(status === undefined ? {} : {status}),
    ...(retryAfter === undefined ? {} : {retryAfter}),
  });
}

/** Of what a CA says, as much as fits into a message; nothing of it moves a terminal's cursor. */
const textOf = (value: unknown): string =>
  typeof value === 'string' ? value.replace(/[^\x20-\x7e\u00a0-\uffff]+/g, ' ').slice(0, MAX_TEXT) : '';
const MAX_TEXT = 500;

type Advice = {readonly code: string; readonly hint: string};

const RATE_LIMITED: Advice = {
  code: 'CERTIFICATE_RATE_LIMITED',
  hint: 'it is asked for again by itself when the CA allows it; nothing else helps',
};

/** By the problem's type (RFC 8555, section 6.7). */
const ADVICE: Readonly<Record<string, Advice>> = {
  rateLimited: RATE_LIMITED,
  dns: {
    code: 'CERTIFICATE_DNS',
    hint: 'point the name to this server with whoever manages it: A, and AAAA if there is one',
  },
  connection: {
    code: 'CERTIFICATE_UNREACHABLE',
    hint: 'open port 80 or 443 for everybody, and see that DNS points to this server',
  },
  tls: {
    code: 'CERTIFICATE_UNREACHABLE',
    hint: 'what is in front of this server ends TLS: let port 80 through',
  },
  unauthorized: {
    code: 'CERTIFICATE_WRONG_SERVER',
    hint: 'another server answered the CA: see that DNS points to this one, AAAA included',
  },
  incorrectResponse: {
    code: 'CERTIFICATE_WRONG_SERVER',
    hint: 'another server answered the CA: see that DNS points to this one, AAAA included',
  },
  caa: {code: 'CERTIFICATE_CAA', hint: "add this CA's name to the domain's CAA record, or take the record away"},
  rejectedIdentifier: {
    code: 'CERTIFICATE_REFUSED',
    hint: 'use another name, or ssl = "files" with a certificate of yours',
  },
  externalAccountRequired: {code: 'ACME_ACCOUNT', hint: 'set external_account in server.toml'},
  accountDoesNotExist: {code: 'ACME_ACCOUNT', hint: 'nothing: a new account is made at the next try'},
};

const OTHER: Advice = {
  code: 'CERTIFICATE_FAILED',
  hint: 'it is tried again by itself; "tako certs renew" tries at once',
};

/** What people are told of why there is no certificate for a name. */
export function explainProblem(error: unknown, name: string): TakoError {
  if (error instanceof TakoError) return error;
  const {type = '', status} = error instanceof AcmeProblem ? error : {};
  const {code, hint} = ADVICE[type] ?? (status === 429 ? RATE_LIMITED : OTHER);
  const message = error instanceof Error ? error.message : String(error);
  return new TakoError(code, `there is no certificate for ${name}: ${message}`, {hint, cause: error});
}
