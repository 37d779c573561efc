import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {createInstanceSet} from '../../../src/prod/server/instance-set.js';
import type {RunnableRelease} from '../../../src/prod/server/loaded-release.js';
import type {Supervisor} from '../../../src/supervisor/supervisor.js';
import {manifestOf} from '../releases/support.js';

type Place = ReturnType<Supervisor['serving']>;

/** A set of instances 1 to 3, of which those with a port serve. */
function openSet(ports: Readonly<Record<number, number>>) {
  const places = new Map<string, NonNullable<Place>>(
    Object.entries(ports).map(([number, port]) => [
      `shop/production@aaaaaaaaaaaa#${number}`,
      {host: '127.0.0.1', port, pid: port, isTls: false},
    ]),
  );
  const set = createInstanceSet({
    release: {id: 'aaaaaaaaaaaa', manifest: manifestOf([]), tree: '/release'} as unknown as RunnableRelease,
    place: {deployment: 'shop/production', dataFolder: '/data', nodeFile: process.execPath, token: 'token'},
    supervisor: {serving: (app: string) => places.get(app), forget: async () => undefined} as unknown as Supervisor,
    drain: async () => undefined,
    running: [3, 1, 2],
  });
  return {set, places};
}

describe('the next request of a release', () => {
  const loads = new Map([
    [4001, 2],
    [4002, 1],
    [4003, 1],
  ]);
  const loadOf = ({port}: {port: number}) => loads.get(port) ?? 0;

  it('goes to the instance with the fewest in flight, the first of several', () => {
    const {set, places} = openSet({1: 4001, 2: 4002, 3: 4003});
    assert.equal(set.leastBusy(loadOf)?.port, 4002);
    places.delete('shop/production@aaaaaaaaaaaa#2');
    assert.equal(set.leastBusy(loadOf)?.port, 4003);
    assert.equal(set.leastBusy(loadOf), set.ready()[1], 'the same object each time: connections are kept by it');
  });

  it('goes to none that is on its way out, and nowhere where none serves', async () => {
    const {set, places} = openSet({1: 4001, 2: 4002, 3: 4003});
    assert.equal(set.leastBusy(loadOf)?.port, 4002);
    await set.shrink(1);
    assert.equal(set.leastBusy(loadOf)?.port, 4001);
    places.clear();
    assert.equal(set.leastBusy(loadOf), undefined);
  });
});
