import assert from 'node:assert/strict';
import {mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import {AcmeProblem} from '../../../src/prod/certificates/acme/acme-problem.js';
import type {RenewalInfo} from '../../../src/prod/certificates/acme/renewal-info.js';
import {type CertificateKeeper, createCertificateKeeper} from '../../../src/prod/certificates/certificate-keeper.js';
import {openCertificateStore} from '../../../src/prod/certificates/certificate-store.js';
import type {Issue} from '../../../src/prod/certificates/issuer.js';
import type {Certificate} from '../../../src/proxy/certificate-source.js';
import {createSelfSigned} from '../../../src/x509/self-signed.js';
import {eventually} from '../../helpers/eventually.js';
import {createFakeClock} from '../../proxy/load-balancing/fake-clock.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const START = Date.parse('2026-11-21T12:00:00Z');
const NAME = 'shop.example.com';
const DIRECTORY = 'https://ca.example/directory';

const NO_RENEWAL_INFO = async (): Promise<RenewalInfo> => ({window: undefined, askAgainAt: Number.MAX_SAFE_INTEGER});

/** A CA in this process, and a keeper that can be started again on the same folder. */
function open({
  renewalInfo = NO_RENEWAL_INFO,
}: {
  readonly renewalInfo?: (directory: string, cert: string) => Promise<RenewalInfo>;
} = {}) {
  const folder = path.join(mkdtempSync(path.join(tmpdir(), 'tako-keeper-')), 'certificates');
  onTestFinished(() => rmSync(path.dirname(folder), {recursive: true}));
  const clock = createFakeClock(START);
  const said: string[] = [];
  const orders: {name: string; before: Certificate | undefined}[] = [];
  let answer: (name: string) => Promise<Certificate> = async name => sign(name);
  const keepers: CertificateKeeper[] = [];
  onTestFinished(() => Promise.all(keepers.map(keeper => keeper.close())).then(() => undefined));

  const sign = (name: string, days = 90): Certificate =>
    createSelfSigned({names: [name], notBefore: clock.now(), notAfter: clock.now() + days * DAY_MS});
  const issue: Issue = async ({name, before}) => {
    orders.push({name, before});
    return {certificate: await answer(name), directory: DIRECTORY};
  };
  return {
    ...{folder, clock, said, orders, sign},
    answerWith: (give: (name: string) => Promise<Certificate>) => {
      answer = give;
    },
    start(names: readonly string[] = [NAME]): CertificateKeeper {
      const keeper = createCertificateKeeper({
        ...{issue, renewalInfo, clock},
        store: openCertificateStore(folder),
        random: () => 0.5,
        say: text => void said.push(text),
      });
      keepers.push(keeper);
      keeper.keep(new Set(names));
      return keeper;
    },
  };
}

const never = new AbortController().signal;

describe('the certificate of a name', () => {
  it('is ordered, shown, and kept in a private file for the next start', async () => {
    const ca = open();
    const keeper = ca.start();
    await keeper.wait(NAME, never);
    const certificate = keeper.certificateFor(NAME);
    assert.ok(certificate);
    await eventually(() => assert.deepEqual(readdirSync(path.join(ca.folder, NAME)), ['issued.json', 'issued.pem']));
    assert.equal(statSync(path.join(ca.folder, NAME, 'issued.pem')).mode & 0o777, 0o600);
    await keeper.close();

    const next = ca.start();
    await next.wait(NAME, never);
    assert.deepEqual(next.certificateFor(NAME), certificate);
    assert.equal(ca.orders.length, 1);
  });

  it('is renewed after two thirds of its life, and shown until then', async () => {
    const ca = open();
    const keeper = ca.start();
    await keeper.wait(NAME, never);
    const first = keeper.certificateFor(NAME);
    await ca.clock.advance(58 * DAY_MS);
    assert.deepEqual(keeper.certificateFor(NAME), first);
    await ca.clock.advance(2 * DAY_MS);
    await eventually(() => assert.notDeepEqual(keeper.certificateFor(NAME), first));
    assert.deepEqual(ca.orders[1]?.before, {...first, directory: DIRECTORY});
  });

  it('is renewed when its CA says so', async () => {
    const window = {start: START + DAY_MS, end: START + 3 * DAY_MS};
    const ca = open({renewalInfo: async () => ({window, askAgainAt: START + 6 * DAY_MS})});
    const keeper = ca.start();
    await keeper.wait(NAME, never);
    await eventually(() => assert.equal(keeper.list()[0]?.dueAt, START + 2 * DAY_MS));
    await ca.clock.advance(DAY_MS);
    assert.equal(ca.orders.length, 1);
    await ca.clock.advance(DAY_MS + MINUTE_MS);
    await eventually(() => assert.equal(ca.orders.length, 2));
  });

  it('stays the one it is while its CA is down, and is tried again later and later', async () => {
    const ca = open();
    const keeper = ca.start();
    await keeper.wait(NAME, never);
    const first = keeper.certificateFor(NAME);
    ca.answerWith(() => Promise.reject(new AcmeProblem('ca.example does not answer: refused')));
    await ca.clock.advance(60 * DAY_MS);
    await eventually(() => assert.equal(ca.orders.length, 2));
    await eventually(() => assert.equal(keeper.list()[0]?.problem?.code, 'CERTIFICATE_FAILED'));
    assert.deepEqual(keeper.certificateFor(NAME), first);
    await ca.clock.advance(5 * MINUTE_MS);
    await eventually(() => assert.equal(ca.orders.length, 3));
    ca.answerWith(async name => ca.sign(name));
    await eventually(() => assert.ok((keeper.list()[0]?.dueAt ?? 0) > ca.clock.now()));
    await ca.clock.advance(10 * MINUTE_MS);
    await eventually(() => assert.notDeepEqual(keeper.certificateFor(NAME), first));
    await eventually(() => assert.equal(keeper.list()[0]?.problem, null));
  });

  it('is not asked for before a CA allows it, also after a restart', async () => {
    const ca = open();
    const retryAfter = START + 3 * DAY_MS;
    ca.answerWith(() => Promise.reject(new AcmeProblem('too many', {type: 'rateLimited', status: 429, retryAfter})));
    const keeper = ca.start();
    await assert.rejects(keeper.wait(NAME, never), {code: 'CERTIFICATE_RATE_LIMITED'});
    await eventually(() =>
      assert.ok(readFileSync(path.join(ca.folder, NAME, 'issued.json'), 'utf8').includes('too many')),
    );
    await keeper.close();
    ca.answerWith(async name => ca.sign(name));

    const next = ca.start();
    await ca.clock.advance(2 * DAY_MS);
    await eventually(() => assert.equal(next.list()[0]?.dueAt, retryAfter));
    assert.equal(ca.orders.length, 1);
    await ca.clock.advance(DAY_MS);
    await next.wait(NAME, never);
    assert.equal(ca.orders.length, 2);
  });

  it('is ordered anew at once where what is on disk cannot be used', async () => {
    const ca = open();
    const keeper = ca.start();
    await keeper.wait(NAME, never);
    await eventually(() => readFileSync(path.join(ca.folder, NAME, 'issued.json')));
    await keeper.close();
    const file = path.join(ca.folder, NAME, 'issued.pem');
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, 700));
    const next = ca.start();
    await next.wait(NAME, never);
    assert.equal(ca.orders.length, 2);
  });

  it('is used again when its name comes back', async () => {
    const ca = open();
    const keeper = ca.start();
    await keeper.wait(NAME, never);
    const first = keeper.certificateFor(NAME);
    await eventually(() => readFileSync(path.join(ca.folder, NAME, 'issued.json')));
    keeper.keep(new Set());
    assert.equal(keeper.certificateFor(NAME), undefined);
    keeper.keep(new Set([NAME]));
    await keeper.wait(NAME, never);
    assert.deepEqual(keeper.certificateFor(NAME), first);
    assert.equal(ca.orders.length, 1);
  });

  it('is not ordered again and again where it cannot be kept', async () => {
    const window = {start: START + DAY_MS, end: START + 3 * DAY_MS};
    const windows = [window];
    const ca = open({renewalInfo: async () => ({window: windows.pop(), askAgainAt: START + 300 * DAY_MS})});
    const keeper = ca.start();
    await keeper.wait(NAME, never);
    await eventually(() => assert.equal(keeper.list()[0]?.dueAt, START + 2 * DAY_MS));
    rmSync(ca.folder, {recursive: true});
    writeFileSync(ca.folder, 'no folder');
    await ca.clock.advance(2 * DAY_MS + MINUTE_MS);
    await eventually(() => assert.equal(ca.orders.length, 2));
    await eventually(() => assert.equal(keeper.list()[0]?.isOrdering, false));
    for (let hour = 0; hour < 3; hour++) await ca.clock.advance(60 * MINUTE_MS);
    assert.equal(ca.orders.length, 2);
  });

  it('is not taken where it is for another name, or has another key', async () => {
    const ca = open();
    const keeper = ca.start();
    await keeper.wait(NAME, never);
    const first = keeper.certificateFor(NAME);
    for (const wrong of [ca.sign('other.example.com'), {...ca.sign(NAME), key: ca.sign(NAME).key}]) {
      ca.answerWith(async () => wrong);
      await assert.rejects(keeper.renew(NAME));
      assert.deepEqual(keeper.certificateFor(NAME), first);
    }
  });
});

describe('many names', () => {
  it('are ordered a few at a time, and each only once', async () => {
    const ca = open();
    const gate = Promise.withResolvers<void>();
    let now = 0;
    let most = 0;
    ca.answerWith(async name => {
      most = Math.max(most, ++now);
      await gate.promise;
      now -= 1;
      return ca.sign(name);
    });
    const names = Array.from({length: 20}, (_, index) => `shop${index}.example.com`);
    const keeper = ca.start(names);
    await eventually(() => assert.equal(now, 4));
    gate.resolve();
    await Promise.all(names.map(name => keeper.wait(name, never)));
    assert.equal(most, 4);
    assert.deepEqual(ca.orders.map(({name}) => name).sort(), [...names].sort());
  });
});
