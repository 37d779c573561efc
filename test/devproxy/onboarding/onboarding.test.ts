import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {X509Certificate} from 'node:crypto';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {openAuthority} from '../../../src/ca/authority.js';
import {
  createOnboarding,
  type OnboardingAnswer,
  type OnboardingRequest,
} from '../../../src/devproxy/onboarding/onboarding.js';
import {renderProfile} from '../../../src/devproxy/onboarding/profile.js';
import {systemClock} from '../../../src/system/clock.js';
import {requires} from '../../helpers/system-parts.js';

const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile/15E148 Safari/604.1';
const ANDROID = 'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/137.0.0.0 Mobile Safari/537.36';

let folder: string;
let root: X509Certificate;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'tako-onboarding-'));
  ({
    root: {certificate: root},
  } = await openAuthority({folder, clock: systemClock, owner: 'ada&co@laptop'}));
});
afterAll(() => rmSync(folder, {recursive: true, force: true}));

function ask(target: string, more: Partial<OnboardingRequest> = {}, urls: readonly string[] = []): OnboardingAnswer {
  const answer = createOnboarding({root, extraZones: ['dev.example.com'], urls: () => urls});
  return answer({method: 'GET', target, origin: 'http://192.168.1.20', userAgent: '', ...more});
}

const textOf = ({body}: OnboardingAnswer): string => body.toString('latin1' as never);

describe('the onboarding page', () => {
  it('has the fingerprint to compare, what the root may sign for, and where to go then', () => {
    const page = textOf(ask('/', {}, ['https://shop.local', 'https://a.local/?x=1&y=2']));
    assert.ok(page.includes(root.fingerprint256));
    assert.ok(page.includes('.dev.example.com'));
    assert.ok(page.includes('href="https://shop.local"'));
    assert.ok(page.includes('href="https://a.local/?x=1&#38;y=2"'));
    assert.ok(page.includes('http://192.168.1.20/tako-ca.pem'));
    assert.equal(page.includes('{{'), false);
  });

  it('opens the steps of the device that asks', () => {
    const stepsShown = (userAgent: string) =>
      /<details open>\n<summary>(.*)<\/summary>/.exec(textOf(ask('/', {userAgent})))?.[1];
    assert.equal(stepsShown(IPHONE), 'iPhone and iPad');
    assert.equal(stepsShown(ANDROID), 'Android');
    assert.equal(stepsShown('curl/8.0'), undefined);
  });

  it('gives the certificate in each of the forms, always the same one', () => {
    for (const target of ['/tako-ca.crt', '/tako-ca.pem', '/tako-ca.pem?from=qr']) {
      assert.equal(new X509Certificate(ask(target).body).fingerprint256, root.fingerprint256, target);
    }
    assert.equal(ask('/tako.mobileconfig').headers['content-type'], 'application/x-apple-aspen-config');
  });

  it('has nothing else, and never a key', () => {
    for (const target of [
      '/ca.key',
      '/../ca.key',
      '/%2e%2e/ca.key',
      '/ca.pem',
      '//',
      '/favicon.ico',
      'http://x/',
      '*',
    ]) {
      assert.equal(ask(target).status, 404, target);
    }
    for (const target of ['/', '/tako-ca.crt', '/tako-ca.pem', '/tako.mobileconfig']) {
      assert.equal(textOf(ask(target)).includes('PRIVATE KEY'), false);
      assert.equal(ask(target, {method: 'POST'}).status, 405);
    }
  });

  it('lets no other page put it into a frame, and runs no script', () => {
    const policy = ask('/').headers['content-security-policy'] ?? '';
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.equal(/<script|\son[a-z]+=|javascript:/.test(textOf(ask('/'))), false);
  });
});

describe.skipIf(requires('python3'))('the profile for iOS', () => {
  const parsed = (): {readonly [key: string]: unknown} => {
    const code =
      'import sys, plistlib, json; print(json.dumps(plistlib.loads(sys.stdin.buffer.read()), default=lambda b: b.hex()))';
    return JSON.parse(execFileSync('python3', ['-c', code], {input: renderProfile(root)}).toString());
  };

  it('is a property list with the certificate as a root', () => {
    const profile = parsed();
    assert.equal(profile.PayloadType, 'Configuration');
    assert.equal(profile.PayloadDisplayName, /CN=(.*)/.exec(root.subject)?.[1]);
    const [payload, ...more] = profile.PayloadContent as Record<string, unknown>[];
    assert.deepEqual(more, []);
    assert.equal(payload?.PayloadType, 'com.apple.security.root');
    assert.equal(payload.PayloadContent, root.raw.toString('hex'));
  });

  it('replaces itself when it is installed again: its names are made of the certificate', () => {
    assert.equal(renderProfile(root), renderProfile(new X509Certificate(root.raw)));
    const profile = parsed();
    const [payload] = profile.PayloadContent as Record<string, string>[];
    const uuids = [profile.PayloadUUID, payload?.PayloadUUID].map(String);
    for (const uuid of uuids)
      assert.match(uuid, /^[0-9A-F]{8}-[0-9A-F]{4}-8[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}$/);
    assert.notEqual(uuids[0], uuids[1]);
  });
});
