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

const HINTS: Readonly<Record<string, readonly [code: string, hint: string]>> = {
  rateLimited: [
    'CERTIFICATE_RATE_LIMITED',
    'it is asked for again by itself when the CA allows it; nothing else helps',
  ],
  dns: ['CERTIFICATE_DNS', 'point the name to this server with whoever manages it: A, and AAAA if there is one'],
  connection: [
    'CERTIFICATE_UNREACHABLE',
    'the CA could not connect to this name: open ports 80 and 443 in the firewall, and see that DNS points here',
  ],
  unauthorized: [
    'CERTIFICATE_WRONG_SERVER',
    'another server answered the CA: see that DNS points here, AAAA included, and nothing in front of it answers',
  ],
  incorrectResponse: ['CERTIFICATE_WRONG_SERVER', 'another server answered the CA: see that DNS points here'],
  tls: ['CERTIFICATE_UNREACHABLE', 'what is in front of this server ends TLS: let port 80 through'],
  caa: ['CERTIFICATE_CAA', "a CAA record forbids it: add this CA's name to it, or take the record away"],
  rejectedIdentifier: ['CERTIFICATE_REFUSED', 'the CA does not sign this name: use another, or ssl = "files"'],
  externalAccountRequired: ['ACME_ACCOUNT', 'this CA wants an account of yours: set external_account in server.toml'],
  accountDoesNotExist: ['ACME_ACCOUNT', 'the CA does not know the account any more; a new one is made at the next try'],
};

/** What people are told of why there is no certificate for a name. */
export function explainProblem(error: unknown, name: string): TakoError {
  if (error instanceof TakoError) return error;
  const problem = error instanceof AcmeProblem ? error : undefined;
  const [code, hint] = HINTS[problem?.type ?? ''] ?? (problem?.status === 429 ? HINTS.rateLimited : undefined) ?? OTHER;
  const message = error instanceof Error ? error.message : String(error);
  return new TakoError(code, `there is no certificate for ${name}: ${message}`, {hint, cause: error});
}

const OTHER = ['CERTIFICATE_FAILED', 'it is tried again by itself; "tako certs renew" tries at once'] as const;
