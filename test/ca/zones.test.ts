import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {LOCAL_ZONES, localConstraints, planZones} from '../../src/ca/zones.js';
import {permits} from '../../src/x509/name-constraints.js';

describe('the plan for zones', () => {
  it('keeps the root when it may sign them already', () => {
    assert.deepEqual(planZones(['test'], []), {action: 'keep'});
    assert.deepEqual(planZones(['test'], ['test', 'shop.test']), {action: 'keep'});
  });

  it('adds what is missing and drops nothing', () => {
    assert.deepEqual(planZones(['test', 'old.dev'], ['new.dev', 'shop.test']), {
      action: 'rotate',
      zones: ['test', 'old.dev', 'new.dev'],
      added: ['new.dev'],
    });
  });

  it('adds a zone once, and not what lies below another new one', () => {
    assert.deepEqual(planZones(['test'], ['api.acme.dev', 'acme.dev', 'acme.dev']), {
      action: 'rotate',
      zones: ['test', 'acme.dev'],
      added: ['acme.dev'],
    });
  });

  it('refuses what is no zone, and the empty one that would permit every name', () => {
    for (const zone of ['', '.', '.dev', 'dev.', '*.dev', 'ACME.dev', 'a b', '-dev']) {
      assert.throws(() => planZones(['test'], [zone]), {code: 'ZONE_INVALID'}, zone);
    }
  });
});

describe('the local constraints', () => {
  it('permit local names and addresses only', () => {
    const constraints = localConstraints([]);
    const local = ['app.test', 'localhost', 'app.localhost', 'mac.local', '127.0.0.1', '10.1.2.3', '172.31.0.1'];
    const other = ['example.com', 'test.com', '8.8.8.8', '172.32.0.1', '2001:db8::1', '::'];
    assert.deepEqual(
      [...local, '192.168.1.1', '169.254.0.1', '::1', 'fd00::1', 'fe80::1'].filter(n => !permits(constraints, n)),
      [],
    );
    assert.deepEqual(
      other.filter(name => permits(constraints, name)),
      [],
    );
  });

  it('permit further zones when told', () => {
    assert.deepEqual(localConstraints(['acme.dev']).zones, [...LOCAL_ZONES, 'acme.dev']);
  });
});
