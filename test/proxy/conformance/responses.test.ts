import assert from 'node:assert/strict';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {type Conversation, converse} from './conversation.js';
import {cutApart, describeCuts, waysToCut} from './cuts.js';
import {RESPONSE_BODIES} from './response-bodies.js';
import {RESPONSE_HEADS} from './response-heads.js';
import {judgeAnswer} from './response-judge.js';
import type {ResponseVector} from './response-vector.js';
import {type ScriptedUpstream, startScriptedUpstream} from './scripted-upstream.js';
import {type SharedParty, startSharedGateway} from './shared-gateway.js';
import {startSharedProxy} from './shared-proxy.js';

const REQUEST = 'GET /vector HTTP/1.1\r\nHost: app.test\r\n\r\n';
const PROBE = 'GET /probe HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n';
/** Soak cuts at every place of an answer. */
const TIMEOUT_MS = 120_000;

let app: ScriptedUpstream;
let gateway: SharedParty;
let proxy: SharedParty;

beforeAll(async () => {
  app = await startScriptedUpstream();
  gateway = await startSharedGateway();
  proxy = await startSharedProxy();
  gateway.use(app);
  proxy.use(app);
});

afterAll(async () => {
  await Promise.all([gateway.close(), proxy.close()]);
  await app.close();
});

/** The vector, and on the same connection the probe: it must not get what belongs to the vector. */
async function tryVector(party: SharedParty, vector: ResponseVector, pieces: readonly Buffer[]): Promise<string[]> {
  app.play({pieces, ending: vector.ending});
  const client = await ask(party, (vector.request ?? REQUEST) + PROBE);
  const probe = await ask(party, PROBE);
  await party.untilIdle();
  return judgeAnswer(vector, {client, probe, visits: app.takeVisits()});
}

const ask = async (party: SharedParty, text: string): Promise<Conversation> =>
  converse(await party.connect(), [Buffer.from(text)]);

describe.each([...RESPONSE_HEADS, ...RESPONSE_BODIES])('$title', ({vectors}) => {
  it.each(vectors.map(vector => [vector.name, vector] as const))(
    '%s',
    async (_, vector) => {
      const answer = Buffer.from(vector.answer, 'latin1');
      const ways = vector.isWhole ? [[]] : waysToCut(answer.length);
      for (const cuts of ways) {
        const problems = await tryVector(cuts.length === 0 ? gateway : proxy, vector, cutApart(answer, cuts));
        assert.equal(problems.map(problem => `${describeCuts(cuts)}: ${problem}`).join('\n'), '');
      }
    },
    TIMEOUT_MS,
  );
});
