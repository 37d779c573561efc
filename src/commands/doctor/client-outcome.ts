import type {ClientRun} from './client-run.js';
import type {Client} from './clients.js';

/** What became of a client's request. */
export type Outcome =
  | {readonly state: 'answered'}
  | {
      readonly state: 'unresolved' | 'untrusted' | 'out-of-date' | 'unreachable' | 'proxied' | 'failed';
      readonly said: string;
    }
  | {readonly state: 'late'};

/** In the order in which they are looked for: a proxy's refusal, say, comes with a failed connection. */
const SIGNS: readonly (readonly [state: Exclude<Outcome['state'], 'answered' | 'late'>, sign: RegExp])[] = [
  [
    'out-of-date',
    /not yet valid|has expired|CERT_DATE_INVALID|CERT_HAS_EXPIRED|NOT_YET_VALID|NotYetValid|CertExpired|CertificateExpired/i,
  ],
  [
    'untrusted',
    /self.signed|local issuer|ISSUER_CERT|VERIFY_LEAF|verify failed|verification failed|AUTHORITY_INVALID|UnknownIssuer|PKIX|unknown ca\b|cannot verify|SSL certificate problem|not trusted|verify error|unknown certificate/i,
  ],
  ['proxied', /proxy|ERR_TUNNEL/i],
  [
    'unresolved',
    /could ?n.t resolve|could not resolve|not known|ENOTFOUND|EAI_|NAME_NOT_RESOLVED|unable to resolve|UnknownHost|name resolution|nodename nor|lookup address|No address associated|getaddrinfo|bad address|dns error/i,
  ],
  [
    'unreachable',
    /refused|CONNECTION_RE|unreachable|timed? ?out|Unable to connect|ConnectException|Failed to connect/i,
  ],
];

/** `answer` is the text that only the daemon's answer has. */
export function readOutcome(
  {answered, errorLines = /\S/}: Pick<Client, 'answered' | 'errorLines'>,
  {end, stdout, stderr}: ClientRun,
  answer: string,
): Outcome {
  const lines = `${stderr}\n${stdout}`.split('\n');
  if (stdout.includes(answer.trim()) || lines.some(line => answered?.test(line))) return {state: 'answered'};
  const errors = lines.filter(line => errorLines.test(line) && !NO_ERROR.test(line));
  for (const [state, sign] of SIGNS) {
    const line = errors.find(one => sign.test(one));
    if (line !== undefined) return {state, said: shorten(line)};
  }
  return end === 'late' ? {state: 'late'} : {state: 'failed', said: shorten(errors[0] ?? '')};
}

/** What Java says before anything else. */
const NO_ERROR = /^Picked up \w+:/;

/** Of a page or a stack trace nobody wants more. */
const LONGEST_SAID = 160;

function shorten(line: string): string {
  const words = line
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return words.length > LONGEST_SAID ? `${words.slice(0, LONGEST_SAID)}...` : words;
}
