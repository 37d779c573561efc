import assert from 'node:assert/strict';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {type Conversation, converse} from './conversation.js';
import {cutApart, describeCuts, waysToCut} from './cuts.js';
import {judgeAnswer} from './response-judge.js';
import type {ResponseVector} from './response-vector.js';
import {RESPONSES} from './responses.js';
import {type ScriptedUpstream, startScriptedUpstream} from './scripted-upstream.js';
import {type SharedGateway, startSharedGateway} from './shared-gateway.js';

const REQUEST = 'GET /vector HTTP/1.1\r\nHost: app.test\r\n\r\n';
const PROBE = 'GET /probe HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n';
/** Soak cuts at every place of an answer. */
const TIMEOUT_MS = 120_000;

let app: ScriptedUpstream;
let shared: SharedGateway;

beforeAll(async () => {
  app = await startScriptedUpstream();
  shared = await startSharedGateway();
  shared.use(app);
});

afterAll(async () => {
  await shared.close();
  await app.close();
});

/** The vector, and on the same connection the probe: it must not get what belongs to the vector. */
async function tryVector(vector: ResponseVector, pieces: readonly Buffer[]): Promise<string[]> {
  app.play({pieces, ending: vector.ending});
  const client = await ask((vector.request ?? REQUEST) + PROBE);
  const probe = await ask(PROBE);
  await shared.untilIdle();
  return judgeAnswer(vector, {client, probe, visits: app.takeVisits()});
}

const ask = async (text: string): Promise<Conversation> => converse(await shared.connect(), [Buffer.from(text)]);

describe.each(RESPONSES)('$title', ({vectors}) => {
  it.each(vectors.map(vector => [vector.name, vector] as const))(
    '%s',
    async (_, vector) => {
      const answer = Buffer.from(vector.answer, 'latin1');
      const ways = vector.isWhole ? [[]] : waysToCut(answer.length);
      for (const cuts of ways) {
        const problems = await tryVector(vector, cutApart(answer, cuts));
        assert.equal(problems.map(problem => `${describeCuts(cuts)}: ${problem}`).join('\n'), '');
      }
    },
    TIMEOUT_MS,
  );
});
