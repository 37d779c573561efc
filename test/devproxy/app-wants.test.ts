import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {decideBrought, decideLeave, type WantedApp} from '../../src/devproxy/app-wants.js';

const app = (name: string, more: Partial<WantedApp> = {}): WantedApp => ({
  name,
  origin: 'dev',
  isUsed: false,
  needs: [],
  ...more,
});

const brought = (name: string, more: Partial<WantedApp> = {}): WantedApp => app(name, {origin: 'dependency', ...more});

const leave = (asked: readonly string[], apps: readonly WantedApp[], shown = asked) =>
  decideLeave({asked, shown}, apps);

describe('leaving apps', () => {
  it('stops those that nobody else wants', () => {
    assert.deepEqual(leave(['web'], [app('web'), app('other')]), {stops: ['web'], stays: []});
  });

  it('leaves what another terminal shows, what was ensured, and what an app needs that goes on', () => {
    const apps = [
      app('used', {isUsed: true}),
      app('ensured', {origin: 'ensure'}),
      app('needed'),
      app('background', {needs: ['needed']}),
    ];
    assert.deepEqual(leave(['used', 'ensured', 'needed'], apps), {
      stops: [],
      stays: [
        {name: 'used', because: 'used', by: []},
        {name: 'ensured', because: 'ensured', by: []},
        {name: 'needed', because: 'needed', by: ['background']},
      ],
    });
  });

  it('stops with them what was started for them only, however far away', () => {
    const apps = [app('web', {needs: ['api']}), brought('api', {needs: ['db']}), brought('db')];
    assert.deepEqual(leave(['web'], apps).stops, ['web', 'api', 'db']);
  });

  it('leaves what was started for another one too, or asked for by name', () => {
    const apps = [
      app('web', {needs: ['api', 'auth']}),
      app('admin', {isUsed: true, needs: ['api']}),
      brought('api'),
      app('auth'),
    ];
    assert.deepEqual(leave(['web'], apps), {stops: ['web'], stays: []});
  });

  it('stops what was started for an app that does not depend on it any more', () => {
    assert.deepEqual(leave(['web'], [app('web'), brought('api')], ['web', 'api']).stops, ['web', 'api']);
  });

  it('stops apps that depend on each other', () => {
    const apps = [app('egg', {needs: ['hen']}), app('hen', {needs: ['egg']})];
    assert.deepEqual(leave(['egg', 'hen'], apps).stops, ['egg', 'hen']);
  });

  it('does not ask for an app that is gone already', () => {
    assert.deepEqual(leave(['web', 'gone'], [app('web')]), {stops: ['web'], stays: []});
  });
});

describe('stopping an app by name', () => {
  it('stops with it what was started for it only', () => {
    const apps = [
      app('web', {origin: 'ensure', needs: ['api', 'auth']}),
      brought('api', {needs: ['db']}),
      brought('db'),
      app('auth'),
    ];
    assert.deepEqual(decideBrought('web', apps), ['api', 'db']);
    assert.deepEqual(decideBrought('web', [...apps, app('admin', {needs: ['db']})]), ['api']);
  });

  it('stops the rest of a circle that was started for it', () => {
    assert.deepEqual(decideBrought('egg', [brought('egg', {needs: ['hen']}), brought('hen', {needs: ['egg']})]), [
      'hen',
    ]);
  });
});
