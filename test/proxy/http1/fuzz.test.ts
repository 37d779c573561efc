import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {createRandom, type Random} from '../../helpers/random.js';
import {scaled} from '../../helpers/soak.js';
import {REQUESTS, RESPONSES} from './corpus.js';
import {cutByChance, mutate} from './mutate.js';
import {bytesOf, type Reading, readRefused, readRequests, readResponses} from './read-messages.js';

// One million under soak, in two kinds.
const MESSAGES = scaled(10_000, 500_000);
/** Every so many messages one is cut behind every byte. */
const BYTE_BY_BYTE = 20;

type Read = (pieces: readonly Buffer[]) => Reading;

describe('mutated messages', () => {
  it('are the same requests in pieces as whole', () => {
    const outcomes = compareAll(REQUESTS, () => readRequests, createRandom(20_260_301));
    assertVaried(outcomes, ['ended', 'closed', 'refused', 'incomplete']);
  });

  it('are the same responses in pieces as whole', () => {
    const readers: readonly Read[] = ['GET', 'HEAD'].map(method => pieces => readResponses(pieces, method));
    const outcomes = compareAll(
      RESPONSES,
      random => readers[random.below(readers.length)] as Read,
      createRandom(20_260_302),
    );
    assertVaried(outcomes, ['closed', 'refused', 'incomplete']);
  });
});

/** Returns how often each outcome occurred. */
function compareAll(corpus: readonly string[], chooseReader: (random: Random) => Read, random: Random) {
  const outcomes = new Map<string, number>();
  for (let count = 0; count < MESSAGES; count++) {
    const message = bytesOf(mutate(corpus, random));
    const read = chooseReader(random);
    const whole = read([message]);
    const pieces =
      count % BYTE_BY_BYTE === 0 ? [...message].map(byte => Buffer.of(byte)) : cutByChance(message, random);
    const split = whole.outcome === 'refused' ? readRefused(read, pieces) : read(pieces);
    if (JSON.stringify(split) !== JSON.stringify(whole)) {
      assert.deepEqual(
        split,
        whole,
        `message ${count}: ${JSON.stringify(message.toString('latin1'))} in ${lengths(pieces)}`,
      );
    }
    outcomes.set(whole.outcome, (outcomes.get(whole.outcome) ?? 0) + 1);
  }
  return outcomes;
}

/** A fuzz that only finds one outcome tests nothing. */
function assertVaried(outcomes: ReadonlyMap<string, number>, expected: readonly string[]): void {
  for (const outcome of expected) {
    const share = (outcomes.get(outcome) ?? 0) / MESSAGES;
    assert.ok(share > 0.003, `only ${(share * 100).toFixed(1)} % of the messages were ${outcome}`);
  }
}

const lengths = (pieces: readonly Buffer[]): string => pieces.map(({length}) => length).join(' + ');
