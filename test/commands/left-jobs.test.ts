import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {createLeftJobs, type LeftJobs} from '../../src/commands/deployments/left-jobs.js';
import type {JobSummary} from '../../src/control/server-methods.js';
import type {DeployPlan} from '../../src/prod/deploy/plan.js';

const PLAN = {app: 'shop', environment: 'staging', servers: ['one', 'two']} as unknown as DeployPlan;
const JOB = {release: '0123456789ab'} as JobSummary;

/** What is said after that. */
function said(...happened: readonly ((jobs: LeftJobs) => void)[]): string {
  const jobs = createLeftJobs();
  for (const happen of happened) happen(jobs);
  const {message, details} = jobs.interrupted(PLAN);
  return [message, ...details].join('; ');
}

const begins = (server: string) => (jobs: LeftJobs) => jobs.onJob(server, JOB);
const ends = (server: string) => (jobs: LeftJobs) => jobs.onJobOver(server);

const NONE = 'interrupted: no deploy of shop/staging goes on';

describe('a deploy that is interrupted', () => {
  it('has changed nothing where no server had begun', () => {
    assert.equal(said(), `${NONE}; nothing has changed at one, two`);
  });

  it('goes on where servers had begun, and has not begun at the others', () => {
    const goesOn = 'the deploy of shop/staging, release 0123456789ab, goes on at';
    assert.equal(said(begins('one'), begins('two')), `${goesOn} one, two`);
    assert.equal(said(begins('two')), `${goesOn} two; nothing has changed at one`);
    assert.equal(said(begins('one'), begins('two'), ends('one')), `${goesOn} two`);
  });

  it('does not go on where it is over, also a deploy that was waited for', () => {
    assert.equal(said(begins('one'), ends('one')), `${NONE}; nothing has changed at two`);
    assert.equal(said(begins('one'), ends('one'), begins('two'), ends('two')), NONE);
    assert.match(said(begins('one'), ends('one'), begins('one')), /goes on at one; nothing has changed at two$/);
  });
});
