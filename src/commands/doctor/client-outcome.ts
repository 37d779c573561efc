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
export function readOutcome({answered}: Pick<Client, 'answered'>, run: ClientRun, answer: string): Outcome {
  const {end, stdout, stderr} = run;
  const text = `${stderr}\n${stdout}`;
  if (stdout.includes(answer.trim()) || answered?.test(text)) return {state: 'answered'};
  const [state] = SIGNS.find(([, sign]) => sign.test(text)) ?? [];
  if (state !== undefined) return {state, said: lineWith(text, SIGNS.find(([name]) => name === state)?.[1])};
  return end === 'late' ? {state: 'late'} : {state: 'failed', said: lineWith(text, /\S/)};
}

/** Of a page or a stack trace nobody wants more. */
const LONGEST_SAID = 160;

function lineWith(text: string, sign: RegExp | undefined): string {
  const line = text.split('\n').find(one => sign?.test(one)) ?? '';
  const words = line
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return words.length > LONGEST_SAID ? `${words.slice(0, LONGEST_SAID)}...` : words;
}
