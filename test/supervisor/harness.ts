import assert from 'node:assert/strict';
import {afterEach, beforeEach} from 'vitest';
import type {Instance} from '../../src/supervisor/instance.js';
import type {InstanceRecords} from '../../src/supervisor/instance-records.js';
import {StartError} from '../../src/supervisor/start-error.js';
import {
  createSupervisor,
  type Supervisor,
  type SupervisorEvent,
  type SupervisorOptions,
} from '../../src/supervisor/supervisor.js';
import {systemClock} from '../../src/system/clock.js';
import {writtenBy} from './apps.js';
import {createMemoryRecords} from './memory-records.js';

export type Harness = ReturnType<typeof createHarness>;

/** A supervisor of real processes whose events can be waited for. Whoever makes it closes `supervisor`. */
export function createHarness(
  records: InstanceRecords = createMemoryRecords(),
  drain: NonNullable<SupervisorOptions['drain']> = async () => {},
) {
  const events: SupervisorEvent[] = [];
  const watchers = new Set<() => void>();
  const onEvent = (event: SupervisorEvent): void => {
    events.push(event);
    for (const check of watchers) check();
  };
  const supervisor = createSupervisor({clock: systemClock, records, onEvent, drain});
  supervisor.logs('web').subscribe(() => {
    for (const check of watchers) check();
  });

  /** Resolves as soon as the condition holds, which is looked at after each event and each line of the app `web`. */
  const until = (condition: () => boolean): Promise<void> =>
    new Promise(resolve => {
      const check = (): void => {
        if (!condition()) return;
        watchers.delete(check);
        resolve();
      };
      watchers.add(check);
      check();
    });
  const linesOf = (stream: 'stdout' | 'tako') => writtenBy(stream, supervisor.logs('web').last(100));
  const firstPrinted = async (): Promise<string> => {
    await until(() => linesOf('stdout').length > 0);
    return linesOf('stdout')[0] ?? '';
  };
  return {
    supervisor,
    records,
    events,
    until,
    untilState: (state: Instance['state']) => until(() => supervisor.instance('web').state === state),
    states: () => events.map(({instance}) => instance.state),
    printed: () => linesOf('stdout'),
    firstPrinted,
    saidByTako: () => linesOf('tako'),
  };
}

/** A harness that every test of a file has anew, and its supervisor, which is closed after each. */
export function harnessOfEachTest(drain?: SupervisorOptions['drain']): {
  readonly harness: Harness;
  readonly supervisor: Supervisor;
} {
  let current: Harness | undefined;
  const now = (): Harness => {
    assert.ok(current, 'only tests use it');
    return current;
  };
  beforeEach(() => {
    current = createHarness(undefined, drain);
  });
  afterEach(() => now().supervisor.close());
  return {harness: standIn(now), supervisor: standIn(() => now().supervisor)};
}

/** Has whatever the present one has. */
const standIn = <T extends object>(present: () => T): T =>
  new Proxy({} as T, {get: (_, name) => Reflect.get(present(), name)});

/** What a start failed with; fails itself if it did not. */
export async function failureOf(start: Promise<unknown>): Promise<StartError> {
  const error = await start.then(
    () => undefined,
    reason => reason,
  );
  assert.ok(error instanceof StartError, String(error));
  return error;
}
