import assert from 'node:assert/strict';
import fc from 'fast-check';
import {describe, it} from 'vitest';
import {initialRoute, renderInitialConfig} from '../../src/config/initial-config.js';
import {configOf} from './support.js';

describe('renderInitialConfig', () => {
  it('is a valid tako.toml with what was asked for', () => {
    const config = configOf(renderInitialConfig({name: 'shop', route: initialRoute('shop')}));
    assert.equal(config.name, 'shop');
    assert.deepEqual(config.environments.production?.routes, [{host: 'shop.example.com', path: '/'}]);
    assert.deepEqual(config.writtenKeys, ['name', 'envs']);
  });

  it('gives back any command exactly', () => {
    const word = fc.string({unit: 'grapheme', minLength: 1}).filter(text => !text.includes('\0'));
    fc.assert(
      fc.property(fc.array(word, {minLength: 1}), dev => {
        assert.deepEqual(configOf(renderInitialConfig({name: 'shop', route: 'a.example.com', dev})).dev, dev);
      }),
      {seed: 7, numRuns: 300},
    );
  });

  it('has only comments that are valid once they are made live', () => {
    const text = renderInitialConfig({name: 'shop', route: 'shop.example.com'});
    const live = text
      .split('\n')
      .slice(1)
      .map(line => line.replace(/^# /, ''));
    const config = configOf(live.join('\n'));
    assert.deepEqual(config.dev, ['node', 'server.js']);
    assert.deepEqual(config.environments.production?.servers, ['my-server']);
    assert.equal(config.environments.development.routes.length, 2);
  });
});
