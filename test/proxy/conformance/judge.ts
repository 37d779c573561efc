// Says what is wrong with what became of a request, on both sides: what the client got, and the bytes the app saw.

import {type Answer, type Reading, readAnswers} from './answers.js';
import type {Conversation} from './conversation.js';
import type {Seen, SeenRequest} from './recording-upstream.js';
import type {RequestVector, Sight, Verdict} from './vector.js';

/** What was seen of one vector, with the canary behind it. */
export type Outcome = {readonly client: Conversation; readonly seen: Seen; readonly scheme: 'http' | 'https'};

const REFUSED: readonly number[] = [400];

/** All that is wrong, in sentences; nothing if all is well. */
export function judge(vector: RequestVector, {client, seen, scheme}: Outcome): string[] {
  const outcome = {client, seen: canaryLast(seen), scheme};
  const problems = judgeVerdict(vector, outcome);
  if (outcome.seen.requests.some(({target}) => target.includes('smuggled'))) {
    problems.push('the app read what was hidden in a body as a request');
  }
  return problems.length === 0 ? [] : [...problems, ...describeOutcome(outcome)];
}

/** A gateway may have both under way at once: only the client sees an order. */
const canaryLast = ({requests, transcripts, faults}: Seen): Seen => ({
  faults,
  requests: requests.toSorted((a, b) => Number(a.target === '/canary') - Number(b.target === '/canary')),
  transcripts: transcripts.toSorted((a, b) => Number(startsWithCanary(a)) - Number(startsWithCanary(b))),
});

const startsWithCanary = (transcript: string): boolean => transcript.startsWith('GET /canary ');

function judgeVerdict(vector: RequestVector, outcome: Outcome): string[] {
  switch (decide(vector, outcome)) {
    case 'passed':
      return judgePassing(vector, outcome);
    case 'answered':
      return judgeOwnAnswer(vector, outcome);
    case 'refused-in-body':
      return [...judgeRefusal(vector, outcome.client), ...judgeUnfinished(outcome.seen)];
    default:
      return [...judgeRefusal(vector, outcome.client), ...judgeUnseen(outcome.seen)];
  }
}

/** Where both ways are right, the gateway has chosen: by what it forwarded, and by whether the app could read it. */
function decide({expect}: RequestVector, {seen}: Outcome): Verdict {
  if (expect !== 'refused-or-passed') return expect;
  if (seen.transcripts.length === 0) return 'refused';
  return seen.requests.length > 0 ? 'passed' : 'refused-in-body';
}

function judgeRefusal({statuses = REFUSED}: RequestVector, {bytes, isClosed}: Conversation): string[] {
  const {answers, rest} = readAnswers(bytes);
  const got = answers.map(({status}) => status);
  return [
    ...(got.length === 1 && statuses.includes(got[0] ?? 0)
      ? []
      : [`expected ${statuses.join(' or ')}, got ${got.join(', ') || 'no answer'}`]),
    ...judgeEnd(answers, rest, isClosed),
  ];
}

function judgeEnd(answers: readonly Answer[], rest: string, isClosed: boolean): string[] {
  return [
    ...(answers.every(({isComplete}) => isComplete) ? [] : ['an answer is cut off']),
    ...(rest === '' ? [] : ['the client got bytes that are no answer']),
    ...(isClosed ? [] : ['the connection stays open']),
  ];
}

const judgeUnseen = ({requests, transcripts}: Seen): string[] => [
  ...(requests.length === 0 ? [] : ['the app read a request']),
  ...(transcripts.length === 0 ? [] : ['the app saw bytes']),
];

const judgeUnfinished = ({requests}: Seen): string[] => (requests.length === 0 ? [] : ['the app read a whole request']);

function judgeOwnAnswer(vector: RequestVector, {client, seen}: Outcome): string[] {
  const {statuses = REFUSED, canary = 'either'} = vector;
  const {answers, rest} = readAnswers(client.bytes, [methodOf(vector), 'GET']);
  const isCanaryAnswered = answers.length === 2;
  const expectedTargets = isCanaryAnswered ? ['/canary'] : [];
  return [
    ...(statuses.includes(answers[0]?.status ?? 0) ? [] : [`expected ${statuses.join(' or ')}`]),
    ...(answers.length > 2 ? ['the client got more answers than it made requests'] : []),
    ...judgeCanary(canary, isCanaryAnswered),
    ...differ(
      'the app read',
      seen.requests.map(({target}) => target),
      expectedTargets,
    ),
    ...judgeEnd(answers, rest, client.isClosed),
  ];
}

function judgeCanary(expected: 'answered' | 'dropped' | 'either', isAnswered: boolean): string[] {
  if (expected === 'either' || isAnswered === (expected === 'answered')) return [];
  return [isAnswered ? 'the request behind it was answered' : 'the request behind it was not answered'];
}

/** Both sides agree on the request, and on whether there was one behind it. */
function judgePassing(vector: RequestVector, {client, seen, scheme}: Outcome): string[] {
  const reading = readAnswers(client.bytes, [methodOf(vector), 'GET']);
  const {canary = 'answered'} = vector;
  const isCanaryAnswered = canary === 'either' ? reading.answers.length > 1 : canary === 'answered';
  const behind = isCanaryAnswered ? ['GET /canary'] : [];
  return [
    ...judgeForwarding(vector, seen, behind),
    ...judgeHead(headOf(seen), scheme),
    ...judgeAnswers(vector, reading, behind),
    ...judgeEnd(reading.answers, reading.rest, client.isClosed),
  ];
}

/** The client gets the app's answers, in order. */
function judgeAnswers(vector: RequestVector, {answers}: Reading, behind: readonly string[]): string[] {
  const [method, target] = lineOf(vector).split(' ');
  const expected = [method === 'HEAD' ? '' : `${method} ${target}`, ...behind];
  const got = answers.map(({status, body}) => `${status} ${body}`);
  return differ(
    'the client got',
    got,
    expected.map(body => `200 ${body}`),
  );
}

/** The app read exactly one request, with the bounds it had, and what was behind it. */
function judgeForwarding(vector: RequestVector, seen: Seen, behind: readonly string[]): string[] {
  const {requests, transcripts, faults} = seen;
  const {body = '', trailers} = vector.upstream ?? {};
  const [first] = requests;
  const lines = [lineOf(vector), ...behind.map(line => `${line} HTTP/1.1`)];
  return [
    ...(faults.length === 0 ? [] : [`the app could not read it: ${faults.join(', ')}`]),
    ...differ('the app read', requests.map(lineAtUpstream), lines),
    ...differ('its body was', [first?.body], [body]),
    ...(trailers === undefined ? [] : differ('its trailers were', first?.rawTrailers ?? [], trailers)),
    ...judgeBytes(transcripts[0] ?? '', vector.upstream ?? {}),
  ];
}

const lineAtUpstream = ({method, target, version}: SeenRequest): string => `${method} ${target} HTTP/${version}`;

const headOf = ({transcripts}: Pick<Seen, 'transcripts'>): string => {
  const transcript = transcripts[0] ?? '';
  return transcript.slice(0, transcript.indexOf('\r\n\r\n') + 2);
};

/** The bytes of the request itself, whatever a lenient parser makes of them. */
function judgeBytes(transcript: string, {sees = [], lacks = []}: Sight): string[] {
  const head = headOf({transcripts: [transcript]});
  return [
    ...sees.filter(pattern => !pattern.test(head)).map(pattern => `the app did not see ${pattern}`),
    ...lacks.filter(pattern => pattern.test(transcript)).map(pattern => `the app saw ${pattern}`),
  ];
}

/** What holds for every head we send: RFC 9112, sections 3.2 and 6.3. */
function judgeHead(head: string, scheme: string): string[] {
  const lines = head.split('\r\n').slice(1, -1);
  const named = (name: RegExp): string[] => lines.filter(line => name.test(line));
  const lengths = named(/^content-length:/i);
  const encodings = named(/^transfer-encoding:/i);
  return [
    ...(/[\r\n]/.test(lines.join('')) ? ['a line of the head is broken'] : []),
    ...(lengths.length + encodings.length <= 1 ? [] : [`framed more than once: ${[...lengths, ...encodings]}`]),
    ...(encodings.every(line => /^transfer-encoding: *chunked$/i.test(line)) ? [] : [`framed by ${encodings}`]),
    ...(lengths.every(line => /^content-length: *\d+$/i.test(line)) ? [] : [`framed by ${lengths}`]),
    ...differ('hosts', named(/^host:/i).length, 1),
    ...differ('X-Forwarded-For', named(/^x-forwarded-for:/i), ['X-Forwarded-For: 127.0.0.1']),
    ...differ('X-Forwarded-Proto', named(/^x-forwarded-proto:/i), [`X-Forwarded-Proto: ${scheme}`]),
    ...differ('X-Forwarded-Host fields', named(/^x-forwarded-host:/i).length, 1),
    ...differ('Forwarded fields', named(/^forwarded:/i).length, 1),
  ];
}

/** The request line the app must see. */
function lineOf({request, upstream = {}}: RequestVector): string {
  const [, method, target] = /^(?:\r\n)?(\S+) (\S+)/.exec(request) ?? [];
  return upstream.line ?? `${method} ${target} HTTP/1.1`;
}

const methodOf = (vector: RequestVector): string => lineOf(vector).split(' ')[0] ?? '';

function differ(what: string, actual: unknown, expected: unknown): string[] {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  return left === right ? [] : [`${what} ${shorten(left)}, not ${shorten(right)}`];
}

const describeOutcome = ({client, seen}: Outcome): string[] => [
  `client: ${shorten(JSON.stringify(client.bytes))}`,
  ...seen.transcripts.map(bytes => `app: ${shorten(JSON.stringify(bytes))}`),
];

const MAX_SHOWN = 900;

const shorten = (text = 'nothing'): string => (text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text);
