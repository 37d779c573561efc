// Says what is wrong with what a client got of an app's answer, and with what became of the app's connection.

import {type Answer, readAnswers} from './answers.js';
import type {Conversation} from './conversation.js';
import type {AnswerSight, ResponseVector} from './response-vector.js';
import type {Visit} from './scripted-upstream.js';

export type AnswerOutcome = {
  /** What came on the connection that asked for the vector, and then for the probe. */
  readonly client: Conversation;
  /** What came on a fresh connection that asked for the probe only. */
  readonly probe: Conversation;
  readonly visits: readonly Visit[];
};

/** All that is wrong, in sentences; nothing if all is well. */
export function judgeAnswer(vector: ResponseVector, outcome: AnswerOutcome): string[] {
  const {answers, rest} = readAnswers(outcome.client.bytes, [methodOf(vector), 'GET']);
  const [first, second] = answers;
  const problems = [
    ...judgeFirst(vector, first, outcome.client.bytes),
    ...(second && !isProbeAnswer(second) ? [`the next answer was ${second.status} ${second.body}`] : []),
    ...(answers.length > 2 || (rest !== '' && first?.isComplete) ? ['the client got bytes that are no answer'] : []),
    ...(outcome.client.isClosed ? [] : ['the connection stays open']),
    ...judgeProbe(outcome.probe),
    ...judgeReuse(vector, outcome.visits),
  ];
  return problems.length === 0 ? [] : [...problems, `client: ${JSON.stringify(outcome.client.bytes).slice(0, 900)}`];
}

function judgeFirst({expect, client = {}}: ResponseVector, answer: Answer | undefined, bytes: string): string[] {
  switch (expect) {
    case 'passed':
      return answer ? judgeSight(answer, client, bytes) : ['no answer'];
    case 'bad-gateway':
      return answer?.status === 502 && answer.isComplete ? [] : [`expected 502, got ${answer?.status ?? 'no answer'}`];
    case 'broken':
      return !answer?.isComplete || answer.status === 502 ? [] : ['a broken answer looks whole'];
  }
}

function judgeSight(answer: Answer, expected: AnswerSight, bytes: string): string[] {
  const {status = 200, body, framing, interim, trailers, sees = [], lacks = []} = expected;
  return [
    ...(answer.isComplete ? [] : ['the answer is cut off']),
    ...differ('status', answer.status, status),
    ...differ('body', answer.body, body),
    ...differ('framing', answer.framing, framing),
    ...differ(
      'interim answers',
      answer.interim.map(({status}) => status),
      interim,
    ),
    ...differ(
      'trailers',
      answer.trailers.map(([name, value]) => `${name.toLowerCase()}: ${value}`),
      trailers,
    ),
    ...sees.filter(pattern => !pattern.test(bytes)).map(pattern => `the client did not see ${pattern}`),
    ...lacks.filter(pattern => pattern.test(bytes)).map(pattern => `the client saw ${pattern}`),
  ];
}

function judgeProbe({bytes, isClosed}: Conversation): string[] {
  const {answers, rest} = readAnswers(bytes);
  const isClean = answers.length === 1 && answers.every(isProbeAnswer) && rest === '' && isClosed;
  return isClean ? [] : [`a fresh client got ${JSON.stringify(bytes)}`];
}

const isProbeAnswer = ({status, body, isComplete}: Answer): boolean => status === 200 && body === 'probe' && isComplete;

/** Whether a probe came on a connection behind the vector. */
function judgeReuse({isReused}: ResponseVector, visits: readonly Visit[]): string[] {
  if (isReused === undefined) return [];
  const wasReused = visits.some(
    (visit, index) => visit.isProbe && visits.slice(0, index).some(earlier => isVectorOn(earlier, visit.connection)),
  );
  if (wasReused === isReused) return [];
  return [`the app's connection was ${wasReused ? '' : 'not '}used again: ${JSON.stringify(visits)}`];
}

const isVectorOn = ({isProbe, connection}: Visit, number: number): boolean => !isProbe && connection === number;

const methodOf = ({request = 'GET'}: ResponseVector): string => request.split(' ')[0] ?? '';

/** Nothing expected, nothing wrong. */
function differ(what: string, actual: unknown, expected: unknown): string[] {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  return expected === undefined || left === right
    ? []
    : [`${what}: ${left?.slice(0, 300)}, not ${right?.slice(0, 300)}`];
}
