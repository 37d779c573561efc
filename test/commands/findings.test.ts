import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {renderDenied, renderHttps} from '../../src/commands/findings.js';

const failed = (code: string): Error => Object.assign(new Error(`connect ${code}`), {code});

describe('what doctor says of HTTPS', () => {
  it('is no error on ::1 where there is no IPv6', () => {
    for (const code of ['EADDRNOTAVAIL', 'EAFNOSUPPORT']) {
      assert.equal(renderHttps('[::1]', 443, failed(code)).severity, 'ok', code);
      assert.equal(renderHttps('127.0.0.1', 443, failed(code)).severity, 'error', code);
    }
  });

  it('is an error where nothing listens, and fine where it was answered', () => {
    const refused = renderHttps('[::1]', 443, failed('ECONNREFUSED'));
    assert.deepEqual([refused.severity, refused.observed], ['error', 'HTTPS on [::1] port 443: connect ECONNREFUSED']);
    assert.equal(renderHttps('[::1]', 443, undefined).severity, 'ok');
  });
});

describe('the fix for a denied port', () => {
  it('is a sysctl on Linux only', () => {
    assert.equal(renderDenied(47831, 'linux').fix, 'tako setup');
    assert.doesNotMatch(renderDenied(47831, 'darwin').fix ?? '', /tako setup/);
  });
});
