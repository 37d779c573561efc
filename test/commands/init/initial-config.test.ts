import assert from 'node:assert/strict';
import fc from 'fast-check';
import {describe, it} from 'vitest';
import {initialRoute, renderInitialConfig} from '../../../src/commands/init/initial-config.js';
import {configOf} from '../../config/support.js';

const SHOP = {name: 'shop', route: initialRoute('shop')};

/** Every comment below the first line made live. */
const liveText = (text: string): string =>
  text
    .split('\n')
    .slice(1)
    .map(line => line.replace(/^# /, ''))
    .join('\n');

describe('renderInitialConfig', () => {
  it('is a valid tako.toml with what was asked for', () => {
    const config = configOf(renderInitialConfig(SHOP));
    assert.equal(config.name, 'shop');
    assert.deepEqual(config.environments.production?.routes, [{host: 'shop.example.com', path: '/'}]);
    assert.deepEqual(config.writtenKeys, ['name', 'envs']);
  });

  it('shows the command that was found out as it would be written, whatever it is', () => {
    const word = fc.string({unit: 'grapheme', minLength: 1}).filter(text => !text.includes('\0'));
    fc.assert(
      fc.property(fc.array(word, {minLength: 1}), dev => {
        assert.deepEqual(configOf(liveText(renderInitialConfig({...SHOP, dev}))).dev, dev);
      }),
      {seed: 7, numRuns: 300},
    );
  });

  it('has only comments that are valid once they are made live', () => {
    const config = configOf(liveText(renderInitialConfig(SHOP)));
    assert.deepEqual(config.dev, ['node', 'server.js']);
    assert.deepEqual({...config.vars.global}, {LOG_LEVEL: 'info'});
    assert.deepEqual(config.environments.production?.servers, ['my-server']);
  });

  it('is short', () => {
    assert.ok(renderInitialConfig(SHOP).split('\n').length <= 14);
  });
});
