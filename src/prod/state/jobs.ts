// The journal of deploys and rollbacks: what was asked, how far it came, and what was said on the way. A server that
// comes back after a crash finds here what it was doing.
//
// A deployment has at most one running job, which is its lock. Its owner is the server process that does it, and says
// so again and again (`beat`): a job whose owner has gone silent may be taken over, by one process only.

import {randomUUID} from 'node:crypto';
import type {DatabaseSync} from 'node:sqlite';
import type {DeploymentName, JobEvent, JobResult, JobStep, JobSummary} from '../../control/server-methods.js';
import {TakoError} from '../../system/error.js';
import {transact} from './database.js';
import type {LastIds} from './last-ids.js';
import {deploymentOf, fromJson, type Row} from './row.js';

/** Finished jobs that are kept, of each deployment. */
export const KEPT_JOBS = 50;

export type Job = JobSummary & {
  readonly manifestHash: string;
  /** The step it is in, or ended in. */
  readonly step: JobStep;
  readonly state: 'running' | 'succeeded' | 'failed';
  readonly owner: string;
  /** When its owner was last heard of, in milliseconds since the epoch. */
  readonly heartbeatAt: number;
  /** Null while it runs. */
  readonly result: JobResult | null;
};

export type NewJob = Omit<JobSummary, 'id'> & {readonly manifestHash: string; readonly owner: string};

/** An event without the number that the journal gives it. */
export type NewJobEvent = JobEvent extends infer Event
  ? Event extends JobEvent
    ? Omit<Event, 'sequence'>
    : never
  : never;

export type Jobs = {
  /** Throws DEPLOY_UNDER_WAY, with who and since when, while the deployment has a running job. Forgets old jobs. */
  start(job: NewJob): Job;
  find(id: string): Job | undefined;
  /** Last started first. */
  list(deployment: DeploymentName): readonly Job[];
  /** Of all deployments, first started first. */
  running(): readonly Job[];
  runningOf(deployment: DeploymentName): Job | undefined;
  /** Notes events, and with the last of them the step. The answer has their numbers, which grow by one from 1. */
  append(id: string, events: readonly NewJobEvent[]): readonly JobEvent[];
  /** Those with a higher number than `after`. */
  events(id: string, after: number): readonly JobEvent[];
  /** Its owner lives. False: the job is not the owner's any more, or over. */
  beat(id: string, owner: string, now: number): boolean;
  /** Makes it this owner's if nothing was heard of the last one since `silentSince`. False: it is not to be had. */
  takeOver(id: string, owner: string, now: number, silentSince: number): boolean;
  /** Ends a running job; one that is over stays as it ended. */
  finish(id: string, result: JobResult): void;
};

const INSERT = `
  INSERT INTO jobs (id, place, kind, app, environment, release, manifest_hash, started_by, started_at, step, state, owner, heartbeat_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'prepare', 'running', ?, ?)
`;
const FORGET = `
  DELETE FROM jobs WHERE state <> 'running' AND id IN (
    SELECT id FROM jobs WHERE app = ? AND environment = ? AND state <> 'running' ORDER BY place DESC LIMIT -1 OFFSET ?
  )
`;
const IS_RUNNING = "id = ? AND state = 'running'";

export function createJobs(database: DatabaseSync, lastIds: LastIds): Jobs {
  const insert = database.prepare(INSERT);
  const forget = database.prepare(FORGET);
  const select = database.prepare('SELECT * FROM jobs WHERE id = ?');
  const selectAll = database.prepare('SELECT * FROM jobs WHERE app = ? AND environment = ? ORDER BY place DESC');
  const selectRunning = database.prepare("SELECT * FROM jobs WHERE state = 'running' ORDER BY place");
  const selectRunningOf = database.prepare(
    "SELECT * FROM jobs WHERE app = ? AND environment = ? AND state = 'running'",
  );
  const selectEvents = database.prepare(
    'SELECT event_json FROM job_events WHERE job = ? AND sequence > ? ORDER BY sequence',
  );
  const selectLast = database.prepare('SELECT coalesce(max(sequence), 0) AS last FROM job_events WHERE job = ?');
  const insertEvent = database.prepare('INSERT INTO job_events (job, sequence, event_json) VALUES (?, ?, ?)');
  const setStep = database.prepare('UPDATE jobs SET step = ? WHERE id = ?');
  const beat = database.prepare(`UPDATE jobs SET heartbeat_at = ? WHERE ${IS_RUNNING} AND owner = ?`);
  const takeOver = database.prepare(
    `UPDATE jobs SET owner = ?, heartbeat_at = ? WHERE ${IS_RUNNING} AND heartbeat_at < ?`,
  );
  const finish = database.prepare(`UPDATE jobs SET state = ?, result_json = ? WHERE ${IS_RUNNING}`);

  const find = (id: string): Job | undefined => toJobOrNone(select.get(id));
  const runningOf = ({app, environment}: DeploymentName): Job | undefined =>
    toJobOrNone(selectRunningOf.get(app, environment));

  function add({kind, deployment, release, manifestHash, by, startedAt, owner}: NewJob): Job {
    const {app, environment} = deployment;
    const other = runningOf(deployment);
    if (other) throw underWay(other);
    forget.run(app, environment, KEPT_JOBS - 1);
    const id = randomUUID();
    insert.run(
      ...[id, lastIds.take('job'), kind, app, environment, release, manifestHash, by, startedAt, owner, startedAt],
    );
    return found(find(id), id);
  }

  function note(id: string, events: readonly NewJobEvent[]): readonly JobEvent[] {
    const last = Number(selectLast.get(id)?.last);
    const numbered = events.map((event, index) => ({...event, sequence: last + index + 1}) as JobEvent);
    for (const event of numbered) insertEvent.run(id, event.sequence, JSON.stringify(event));
    const step = numbered.at(-1)?.step;
    if (step !== undefined) setStep.run(step, id);
    return numbered;
  }

  return {
    find,
    runningOf,
    start: job => transact(database, () => add(job)),
    list: ({app, environment}) => selectAll.all(app, environment).map(toJob),
    running: () => selectRunning.all().map(toJob),
    append: (id, events) => transact(database, () => note(id, events)),
    events: (id, after) => selectEvents.all(id, after).map(row => JSON.parse(String(row.event_json)) as JobEvent),
    beat: (id, owner, now) => transact(database, () => beat.run(now, id, owner).changes === 1),
    takeOver: (id, owner, now, silentSince) =>
      transact(database, () => takeOver.run(owner, now, id, silentSince).changes === 1),
    finish: (id, result) => transact(database, () => void finish.run(result.outcome, JSON.stringify(result), id)),
  };
}

function found(job: Job | undefined, id: string): Job {
  if (!job) throw new TakoError('NO_SUCH_JOB', `there is no job ${id} on this server`);
  return job;
}

const underWay = ({kind, by, startedAt, release}: Job): TakoError =>
  new TakoError('DEPLOY_UNDER_WAY', `a ${kind} of release ${release} is under way`, {
    hint: 'wait until it is over, or follow it with "tako deploy"',
    details: [`by ${by}, since ${new Date(startedAt).toISOString()}`],
  });

const toJobOrNone = (row: Row | undefined): Job | undefined => row && toJob(row);

const toJob = (row: Row): Job => ({
  id: String(row.id),
  kind: String(row.kind) as Job['kind'],
  deployment: deploymentOf(row),
  release: String(row.release),
  manifestHash: String(row.manifest_hash),
  by: String(row.started_by),
  startedAt: Number(row.started_at),
  step: String(row.step) as JobStep,
  state: String(row.state) as Job['state'],
  owner: String(row.owner),
  heartbeatAt: Number(row.heartbeat_at),
  result: fromJson<JobResult>(row.result_json),
});
