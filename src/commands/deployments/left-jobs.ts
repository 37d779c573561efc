import type {JobSummary} from '../../control/server-methods.js';
import type {JobListener} from '../../prod/deploy/follow-job.js';
import type {DeployPlan} from '../../prod/deploy/plan.js';
import {TakoError} from '../../system/error.js';

/** What servers do at the moment, for whoever leaves before they are done. */
export type LeftJobs = JobListener & {
  /** INTERRUPTED: what goes on, where nothing has begun, and how to look on again. */
  interrupted(plan: DeployPlan): TakoError;
};

export function createLeftJobs(): LeftJobs {
  const jobs = new Map<string, JobSummary | 'over'>();
  return {
    onJob: (server, job) => void jobs.set(server, job),
    onJobOver: server => void jobs.set(server, 'over'),
    interrupted({app, environment, servers}) {
      const running = [...jobs].flatMap(([server, job]) => (job === 'over' ? [] : [{server, release: job.release}]));
      const idle = servers.filter(server => !jobs.has(server));
      const [first] = running;
      const details = idle.length > 0 ? [`nothing has changed at ${idle.join(', ')}`] : [];
      if (!first)
        return new TakoError('INTERRUPTED', `interrupted: no deploy of ${app}/${environment} goes on`, {details});
      const names = running.map(({server}) => server).join(', ');
      return new TakoError(
        'INTERRUPTED',
        `the deploy of ${app}/${environment}, release ${first.release}, goes on at ${names}`,
        {
          hint: `"tako deploy" in this folder looks on again, "tako deploy --cancel --env ${environment}" ends it; "tako releases --env ${environment}" says what came of it`,
          details,
        },
      );
    },
  };
}
