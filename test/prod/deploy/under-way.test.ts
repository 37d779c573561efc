import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import type {JobEvent, JobResult, JobSummary} from '../../../src/control/server-methods.js';
import type {DeployEvent} from '../../../src/prod/deploy/deploy-event.js';
import type {SentManifests} from '../../../src/prod/deploy/send-release.js';
import {attachToJob, requireOwnJob} from '../../../src/prod/deploy/under-way.js';
import type {Manifest} from '../../../src/prod/releases/manifest.js';
import type {ServerConnection} from '../../../src/prod/remote/server-connection.js';

const JOB: JobSummary = {
  id: '7',
  kind: 'deploy',
  deployment: {app: 'shop', environment: 'staging'},
  release: '0123456789ab',
  by: 'ann@laptop',
  startedAt: Date.UTC(2030, 0, 2, 3, 4, 5),
};

/** Of a project that has sent these releases. */
const sent = (...releases: readonly string[]): SentManifests => ({
  find: async release => (releases.includes(release) ? ({} as Manifest) : undefined),
  keep: async () => undefined,
});

const PROBLEM = {code: 'RELEASE_UNHEALTHY', message: 'it does not answer', hint: null, details: []};

describe('a job that is under way', () => {
  it('is in the way when another project has begun it, and says whose it is and since when', async () => {
    await assert.rejects(requireOwnJob('one', JOB, sent('ba9876543210')), {
      code: 'DEPLOY_UNDER_WAY',
      message: 'a deploy of shop/staging, release 0123456789ab, is under way on one',
      details: ['by ann@laptop, since 2030-01-02T03:04:05.000Z'],
    });
  });

  it('is in the way when it is a rollback, also of this project', async () => {
    await assert.rejects(requireOwnJob('one', {...JOB, kind: 'rollback'}, sent(JOB.release)), /a rollback of/);
  });

  it('is followed to its end when it is a deploy of this project', async () => {
    await requireOwnJob('one', JOB, sent(JOB.release));
    const result: JobResult = {outcome: 'failed', step: 'health', problem: PROBLEM};
    const call = async (_: string, __: unknown, {onEvent}: {onEvent: (event: JobEvent) => void}) => {
      onEvent({sequence: 1, time: 0, step: 'health', type: 'started'});
      return result;
    };
    const connection = {entry: {name: 'one'}, client: {call}} as unknown as ServerConnection;
    const events: DeployEvent[] = [];
    const reconnect = () => Promise.reject(new Error('nothing was cut'));
    const {signal} = new AbortController();
    const options = {reconnect, signal, onEvent: (event: DeployEvent) => events.push(event)};
    assert.deepEqual(await attachToJob(connection, JOB, options), result);
    assert.deepEqual(
      events.map(event => (event.type === 'warning' ? event.type : `${event.step} ${event.type}`)),
      ['attach started', 'health started', 'health failed', 'attach output', 'attach done'],
    );
    assert.match(JSON.stringify(events), /it does not answer.*it failed/);
  });
});
