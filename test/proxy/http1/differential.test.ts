// Our parser beside Node's. Where both take a message they must take the same one, with the same end; where only one does,
// the difference has a name in known-differences.ts.

import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {createRandom} from '../../helpers/random.js';
import {scaled} from '../../helpers/soak.js';
import {REQUESTS, RESPONSES} from './corpus.js';
import {
  ACCEPTED_REQUESTS,
  ACCEPTED_RESPONSES,
  type KnownDifference,
  REFUSED_REQUESTS,
  REFUSED_RESPONSES,
} from './known-differences.js';
import {mutate} from './mutate.js';
import {bytesOf, type Field, type Reading, type ReadMessage, readRequests, readResponses} from './read-messages.js';
import {type NodeMessage, type NodeReading, readRequestsWithNode, readResponsesWithNode} from './read-with-node.js';

const BATCH = 100;
const BATCHES = scaled(50, 2_500);
/** A comparison of what is mostly refused compares little. */
const LEAST_AGREED = 0.2;

/** What one side says of a message the other side takes. */
type Difference = {readonly accepts: 'we' | 'node'; readonly refusal: string};

describe('requests, read by us and by Node', () => {
  it('are the same ones with the same ends, but for the known differences', {timeout: 600_000}, async () => {
    const random = createRandom(20_260_311);
    let agreed = 0;
    for (let batch = 0; batch < BATCHES; batch++) {
      const texts = Array.from({length: BATCH}, () => mutate(REQUESTS, random));
      agreed += judge(await compareRequests(texts), texts, ACCEPTED_REQUESTS, REFUSED_REQUESTS);
    }
    assert.ok(agreed > BATCHES * BATCH * LEAST_AGREED, `both agreed on ${agreed} only`);
  });

  it.each(ACCEPTED_REQUESTS)('differ where only we take them: $why, $refusal', async ({example, refusal}) => {
    assertDiffers((await compareRequests([example]))[0], 'we', refusal);
  });

  it.each(REFUSED_REQUESTS)('differ where only Node takes them: $why', async ({example, refusal}) => {
    assertDiffers((await compareRequests([example]))[0], 'node', refusal);
  });
});

describe('responses, read by us and by Node', () => {
  it.each(['GET', 'HEAD'])(
    'to %s are the same ones with the same end, but for the known differences',
    {
      timeout: 600_000,
    },
    async method => {
      const random = createRandom(20_260_312);
      let agreed = 0;
      for (let batch = 0; batch < BATCHES / 2; batch++) {
        const texts = Array.from({length: BATCH}, () => mutate(RESPONSES, random));
        agreed += judge(await compareResponses(texts, method), texts, ACCEPTED_RESPONSES, REFUSED_RESPONSES);
      }
      assert.ok(agreed > (BATCHES / 2) * BATCH * LEAST_AGREED, `both agreed on ${agreed} only`);
    },
  );

  it.each(ACCEPTED_RESPONSES)('differ where only we take them: $why, $refusal', async ({example, refusal}) => {
    assertDiffers((await compareResponses([example], 'GET'))[0], 'we', refusal);
  });

  it.each(REFUSED_RESPONSES)('differ where only Node takes them: $why', async ({example, refusal}) => {
    assertDiffers((await compareResponses([example], 'GET'))[0], 'node', refusal);
  });
});

type Comparison = Difference | 'same' | 'refused by both';

async function compareRequests(texts: readonly string[]): Promise<Comparison[]> {
  const theirs = await readRequestsWithNode(texts.map(bytesOf));
  return texts.map((text, index) => {
    const ours = readRequests([bytesOf(text)]);
    const node = theirs[index] as NodeReading;
    return firstDifference(ours, node, text) ?? onlyByNode(ours, node) ?? agreement(ours);
  });
}

/** Node's client reads one answer: its end is where it is complete with all of our bytes, and is not with one byte less. */
async function compareResponses(texts: readonly string[], method: string): Promise<Comparison[]> {
  const ours = texts.map(text => readResponses([bytesOf(text)], method));
  const whole = texts.map((text, index) => upToEnd(text, ours[index] as Reading));
  const theirs = await readResponsesWithNode(whole, method);
  const less = await readResponsesWithNode(
    whole.map(({text}) => ({text: text.subarray(0, -1), isEnded: false})),
    method,
  );
  return texts.map((text, index) => {
    const reading = ours[index] as Reading;
    const node = theirs[index] as NodeReading;
    if (reading.outcome !== 'closed') return onlyByNode(reading, node) ?? 'refused by both';
    const difference = firstDifference(reading, node, text);
    if (difference === undefined) assert.ok(!isAnswered(less[index]), `Node's answer ends before ours: ${quote(text)}`);
    return difference ?? 'same';
  });
}

function upToEnd(text: string, {messages, outcome}: Reading): {text: Buffer; isEnded: boolean} {
  const bytes = bytesOf(text);
  const end = messages.at(-1)?.end ?? -1;
  return outcome === 'closed'
    ? {text: bytes.subarray(0, end), isEnded: end === bytes.length}
    : {text: bytes, isEnded: true};
}

/** Whether a message was taken by both. */
const agreement = ({messages}: Reading): Comparison =>
  messages.some(({end}) => end !== -1) ? 'same' : 'refused by both';

const isAnswered = (node: NodeReading | undefined): boolean =>
  node?.messages.some(({start, isComplete}) => isComplete && Number(start[0]) >= 200) === true;

/** Goes through what we take as a whole. Throws where Node takes something else. */
function firstDifference({messages}: Reading, node: NodeReading, text: string): Difference | undefined {
  const complete = messages.filter(({end}) => end !== -1);
  for (const [index, message] of complete.entries()) {
    const theirs = node.messages[index];
    if (theirs?.isComplete !== true) return {accepts: 'we', refusal: node.refusal};
    assert.deepEqual(summaryOfNodes(theirs), summaryOf(message, theirs), quote(text));
  }
  return undefined;
}

function onlyByNode({messages, outcome, problem}: Reading, node: NodeReading): Difference | undefined {
  const complete = messages.filter(({end}) => end !== -1).length;
  // Behind the last message of a connection nothing is read, by us or by anyone we pass it on to.
  if (outcome === 'closed' || node.messages[complete]?.isComplete !== true) return undefined;
  return {accepts: 'node', refusal: problem};
}

function summaryOfNodes({start, minorVersion, rawHeaders, body, rawTrailers}: NodeMessage) {
  const nameAt = (index: number): string => rawTrailers[index - (index % 2)]?.toLowerCase() ?? '';
  const named = rawTrailers.filter((_, index) => index % 2 === 1 && nameAt(index) === 'connection').join();
  const options = new Set(named.split(',').map(option => option.trim().toLowerCase()));
  const trailers = rawTrailers.filter((_, index) => !isDropped(nameAt(index)) && !options.has(nameAt(index)));
  return {start, minorVersion, fields: rawHeaders, body, trailers};
}

/** The absolute form is the one thing about a target that we take apart. */
function summaryOf({start, minorVersion, fields, body, trailers}: ReadMessage, node: NodeMessage) {
  const [first, second = '', host] = start;
  const isAbsolute = host !== undefined && /^https?:/i.test(String(node.start[1]));
  const target = isAbsolute ? toAbsolute(String(node.start[1]), String(second)) : second;
  return {start: [first, target], minorVersion, fields: flat(fields), body, trailers: flat(trailers)};
}

/** The absolute target Node read, if it is about the same path and query. */
function toAbsolute(absolute: string, target: string): string {
  const origin = /^[a-z]+:\/\/[^/?]*/i.exec(absolute)?.[0] ?? '';
  const rest = absolute.slice(origin.length);
  return (rest.startsWith('/') ? rest : `/${rest}`) === target ? absolute : target;
}

/** What trailers are passed on without. */
const DROPPED_TRAILERS =
  /^(?:host|connection|content-length|transfer-encoding|upgrade|te|expect|cookie|via|trailer|keep-alive|forwarded|proxy-.*|x[-_]forwarded[-_].*)$/i;
const isDropped = (name: string): boolean => DROPPED_TRAILERS.test(name);

const flat = (fields: readonly Field[]): string[] => fields.flatMap(field => [...field]);
const quote = (text: string): string => JSON.stringify(text);

/** Throws at a difference that has no name. Returns how many messages both take. */
function judge(
  comparisons: readonly Comparison[],
  texts: readonly string[],
  accepted: readonly KnownDifference[],
  refused: readonly KnownDifference[],
): number {
  for (const [index, comparison] of comparisons.entries()) {
    if (typeof comparison === 'string') continue;
    const {accepts, refusal} = comparison;
    const known = (accepts === 'we' ? accepted : refused).some(entry => entry.refusal.test(refusal));
    const text = quote(texts[index] ?? '');
    assert.ok(known, `accepted by ${accepts === 'we' ? 'us' : 'Node'} only, the other says "${refusal}": ${text}`);
  }
  return comparisons.filter(comparison => comparison === 'same').length;
}

function assertDiffers(comparison: Comparison | undefined, accepts: Difference['accepts'], refusal: RegExp): void {
  assert.ok(typeof comparison === 'object', `it is ${comparison}`);
  assert.equal(comparison.accepts, accepts);
  assert.match(comparison.refusal, refusal);
}
