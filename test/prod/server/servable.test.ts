import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {assertServable, leaveServing} from '../../../src/prod/server/servable.js';
import {errorCode} from '../../../src/system/error.js';
import {openWorld, SHOP} from './world.js';

function createHolder() {
  const values = new Map<string, unknown>();
  return {
    baggage: (name: string) => values.get(name),
    setBaggage: (name: string, value: unknown) => void values.set(name, JSON.parse(JSON.stringify(value))),
  };
}

describe('a server process that is to follow another', () => {
  it('has to be able to read what that one serves', async () => {
    const world = await openWorld();
    await world.deploy(await world.uploadServer('first'));
    const holder = createHolder();
    leaveServing(holder, new Map([['shop/production', world.state.releases.current(SHOP)?.id ?? '']]));
    await assertServable(holder, world.state, world.releases);
    const read = () => Promise.reject(new Error('a field is missing'));
    await assert.rejects(assertServable(holder, world.state, {read}), error => {
      assert.match(String(error), /cannot serve release [0-9a-f]{12} of shop\/production/);
      return errorCode(error) === 'RELEASE_UNREADABLE';
    });
  });

  it('is not kept from it by what that one could not read either', async () => {
    const world = await openWorld();
    await world.deploy(await world.uploadServer('first'));
    const read = () => Promise.reject(new Error('damaged'));
    await assertServable(createHolder(), world.state, {read});
  });
});
