import type {DeployEvent} from '../../src/prod/deploy/deploy-event.js';

/** In the middle of an upload. */
export const PROGRESS = {totalObjects: 3, objects: 1, totalBytes: 3_000_000, readBytes: 1_500_000, sentBytes: 500_000};

/** A deploy up to its start, as far as its steps differ in what is shown of them. */
export const DEPLOY: readonly DeployEvent[] = [
  {step: 'check', server: null, type: 'started'},
  {type: 'warning', text: 'one cannot limit memory'},
  {step: 'check', server: null, type: 'done', elapsedMs: 100, note: null},
  {step: 'packages', server: null, type: 'started'},
  {step: 'packages', server: null, type: 'done', elapsedMs: 0, note: 'as before'},
  {step: 'build', server: null, type: 'started'},
  {step: 'build', server: null, type: 'output', text: 'compiling'},
  {step: 'build', server: null, type: 'done', elapsedMs: 4_200, note: null},
  {step: 'upload', server: 'one', type: 'started'},
  {step: 'upload', server: 'one', type: 'progress', progress: PROGRESS},
  {
    ...{step: 'upload', server: 'one', type: 'progress'},
    progress: {...PROGRESS, objects: 3, readBytes: 3_000_000, sentBytes: 1_000_000},
  },
  {step: 'upload', server: 'one', type: 'done', elapsedMs: 2_000, note: null},
  {step: 'release-command', server: 'one', type: 'started'},
  {step: 'release-command', server: 'one', type: 'output', text: 'migrating'},
  {step: 'release-command', server: 'one', type: 'done', elapsedMs: 1_000, note: null},
  {step: 'start', server: 'one', type: 'started'},
];

export const ATTACHED: DeployEvent = {
  ...{step: 'attach', server: 'one', type: 'started'},
  job: {
    ...{id: '7', kind: 'deploy', deployment: {app: 'shop', environment: 'production'}, release: '0123456789ab'},
    ...{by: 'ann@laptop', startedAt: Date.UTC(2030, 0, 2, 3, 4, 5)},
  },
};
