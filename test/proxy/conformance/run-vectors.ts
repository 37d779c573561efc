// Runs the vectors of a group: each whole against the gateway, and cut apart against the engine on plain connections.

import assert from 'node:assert/strict';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {converse} from './conversation.js';
import {type Cuts, cutApart, describeCuts, waysToCut} from './cuts.js';
import {judge} from './judge.js';
import {type RecordingUpstream, startBytesUpstream, startLlhttpUpstream} from './recording-upstream.js';
import {type SharedParty, startSharedGateway} from './shared-gateway.js';
import {startSharedProxy} from './shared-proxy.js';
import {CANARY, type Group, type RequestVector} from './vector.js';

/** Soak cuts at every place of a message. */
const TIMEOUT_MS = 120_000;

/** Declares a test for each vector; all share a gateway and its apps. */
export function describeVectors(groups: readonly Group[]): void {
  const shared = shareParties();
  for (const {title, vectors} of groups) {
    describe(title, () => {
      it.each(vectors.map(vector => [vector.name, vector] as const))(
        '%s',
        (_, vector) => checkVector(shared(), vector),
        TIMEOUT_MS,
      );
    });
  }
}

type Parties = {
  readonly gateway: SharedParty;
  readonly proxy: SharedParty;
  readonly apps: Record<'llhttp' | 'bytes', RecordingUpstream>;
};

function shareParties(): () => Parties {
  let parties: Parties | undefined;
  beforeAll(async () => {
    const apps = {llhttp: await startLlhttpUpstream(), bytes: await startBytesUpstream()};
    parties = {gateway: await startSharedGateway(), proxy: await startSharedProxy(), apps};
  });
  afterAll(async () => {
    if (!parties) return;
    const {gateway, proxy, apps} = parties;
    await Promise.all([gateway, proxy, apps.llhttp, apps.bytes].map(party => party.close()));
  });
  return () => parties ?? assert.fail('the gateway did not start');
}

async function checkVector(parties: Parties, vector: RequestVector): Promise<void> {
  const message = Buffer.from(vector.request + CANARY, 'latin1');
  for (const cuts of waysToCut(message.length)) {
    const problems = await tryVector(parties, vector, cutApart(message, cuts), cuts);
    assert.equal(problems.join('\n'), '');
  }
}

async function tryVector(
  {gateway, proxy, apps}: Parties,
  vector: RequestVector,
  pieces: readonly Buffer[],
  cuts: Cuts,
): Promise<string[]> {
  const app = apps[vector.reader ?? 'llhttp'];
  const party = cuts.length === 0 ? gateway : proxy;
  party.use(app);
  const client = await converse(await party.connect(), pieces);
  await party.untilIdle();
  const problems = judge(vector, {client, seen: app.take(), scheme: party.scheme});
  return problems.length === 0 ? [] : [describeCuts(cuts), ...problems];
}
