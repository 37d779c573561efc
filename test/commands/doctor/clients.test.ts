import assert from 'node:assert/strict';
import {existsSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'vitest';
import type {TrustFacts} from '../../../src/ca/trust/trust.js';
import {type ClientContext, checkClients} from '../../../src/commands/doctor/check-clients.js';
import {type Outcome, readOutcome} from '../../../src/commands/doctor/client-outcome.js';
import {type ClientRun, runClient} from '../../../src/commands/doctor/client-run.js';
import {type TrialOptions, tryClients} from '../../../src/commands/doctor/client-trials.js';
import {CLIENTS, type Client} from '../../../src/commands/doctor/clients.js';
import type {Finding} from '../../../src/commands/doctor/finding.js';
import {untilGone} from '../../helpers/tako.js';
import {temporaryFolder} from '../support.js';
import {only, rootIssuedAt} from './support.js';

const clientOf = (name: string): Client => {
  const client = CLIENTS.find(one => one.name === name);
  assert.ok(client, name);
  return client;
};

const ANSWER = 'tako-canary 4711\n';

describe('what became of a request', () => {
  const stateOf = (name: string, run: Partial<ClientRun>): string =>
    readOutcome(clientOf(name), {end: 'exited', stdout: '', stderr: '', ...run}, ANSWER).state;

  it('is an answer only where the daemon itself gave it', () => {
    assert.equal(stateOf('curl', {stdout: ANSWER}), 'answered');
    assert.equal(stateOf('chromium', {stdout: '<html><body><pre>tako-canary 4711\n</pre></body></html>'}), 'answered');
    assert.equal(stateOf('curl', {stdout: 'tako-canary 12\n'}), 'failed');
    assert.equal(
      stateOf('git', {stderr: 'fatal: https://x/info/refs not valid: is this a git repository?'}),
      'answered',
    );
    assert.equal(
      stateOf('java', {stdout: 'keytool error: java.security.cert.CRLException: No CRL data found'}),
      'answered',
    );
  });

  it.each([
    ['curl', 'curl: (60) SSL certificate problem: unable to get local issuer certificate'],
    ['wget', "ERROR: cannot verify tako.test's certificate, issued by 'CN=tako'"],
    ['openssl', 'verify error:num=19:self-signed certificate in certificate chain'],
    ['git', 'fatal: unable to access: server certificate verification failed. CAfile: none CRLfile: none'],
    ['python3', 'ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed'],
    ['node', 'SELF_SIGNED_CERT_IN_CHAIN self-signed certificate in certificate chain'],
    ['bun', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE unable to verify the first certificate'],
    ['deno', 'error: Uncaught TypeError: client error (Connect): invalid peer certificate: UnknownIssuer'],
    ['java', 'keytool error: javax.net.ssl.SSLHandshakeException: PKIX path building failed'],
    ['chromium', 'ERROR:headless_command_handler.cc(403)] Page load failed: net::ERR_CERT_AUTHORITY_INVALID'],
  ])('of %s tells a root that is not trusted', (name, stderr) => {
    assert.equal(stateOf(name, {stderr}), 'untrusted');
  });

  it.each([
    ['curl', 'curl: (6) Could not resolve host: tako.test'],
    ['wget', "wget: unable to resolve host address 'tako.test'"],
    ['openssl', '80AB:error:10080002:BIO routines:BIO_lookup_ex:system lib:Name or service not known'],
    ['git', "fatal: unable to access 'https://tako.test/': Could not resolve host: tako.test"],
    ['python3', 'urllib.error.URLError: <urlopen error [Errno -2] Name or service not known>'],
    ['node', 'ENOTFOUND getaddrinfo ENOTFOUND tako.test'],
    ['deno', 'error: dns error: failed to lookup address information: Name or service not known'],
    ['java', 'keytool error: java.net.UnknownHostException: tako.test'],
    ['chromium', 'ERROR:headless.cc(403)] Page load failed: net::ERR_NAME_NOT_RESOLVED'],
  ])('of %s tells a name that is not found', (name, stderr) => {
    assert.equal(stateOf(name, {stderr}), 'unresolved');
  });

  it('tells a proxy, a port that is shut, a clock, and what it does not know', () => {
    assert.equal(stateOf('curl', {stderr: 'curl: (5) Could not resolve proxy: proxy.corp'}), 'proxied');
    assert.equal(stateOf('chromium', {stderr: 'Page load failed: net::ERR_PROXY_CONNECTION_FAILED'}), 'proxied');
    assert.equal(
      stateOf('curl', {stderr: 'curl: (7) Failed to connect to tako.test port 443: Connection refused'}),
      'unreachable',
    );
    assert.equal(stateOf('openssl', {stderr: 'verify error:num=9:certificate is not yet valid'}), 'out-of-date');
    assert.equal(stateOf('python3', {stderr: 'pyenv: no such command'}), 'failed');
    assert.equal(stateOf('curl', {end: 'late'}), 'late');
  });

  it('of a browser is read from the lines that are about it', () => {
    const stderr =
      'ERROR:dbus/object_proxy.cc:572] Failed to call method\nPage load failed: net::ERR_NAME_NOT_RESOLVED';
    assert.deepEqual(readOutcome(clientOf('chromium'), {end: 'exited', stdout: '', stderr}, ANSWER), {
      state: 'unresolved',
      said: 'Page load failed: net::ERR_NAME_NOT_RESOLVED',
    });
  });

  it('is told in one short line', () => {
    const outcome = readOutcome(
      clientOf('curl'),
      {end: 'exited', stdout: '', stderr: `\n${'x '.repeat(500)}\n`},
      ANSWER,
    );
    assert.ok('said' in outcome && outcome.said.length < 200);
  });
});

describe('a client that is run', () => {
  const signal = new AbortController().signal;
  const script = (text: string) => ({file: '/bin/sh', args: ['-c', text], environment: {PATH: process.env.PATH}});

  it('is heard to its end, and told what it reads', async () => {
    const run = await runClient(
      {...script('read line; echo "$line"; echo no >&2'), input: 'yes\n'},
      {deadlineMs: 10_000, signal},
    );
    assert.deepEqual(run, {end: 'exited', stdout: 'yes\n', stderr: 'no\n'});
  });

  it('is ended by its deadline, with what it has started', async () => {
    const pids = path.join(temporaryFolder(), 'pids');
    const text = `sleep 600 & echo $! >${pids}; trap '' TERM; echo begun; while :; do sleep 600; done`;
    const {end, stdout} = await runClient(script(text), {deadlineMs: 500, signal});
    assert.deepEqual([end, stdout], ['late', 'begun\n']);
    await untilGone(Number(readFileSync(pids, 'utf8')));
  });

  it('is ended when there is no more time, even before it was begun', async () => {
    const over = AbortSignal.abort();
    assert.equal((await runClient(script('sleep 600'), {deadlineMs: 60_000, signal: over})).end, 'late');
  });

  it('is absent where its program cannot be started', async () => {
    const command = {file: '/nowhere/curl', args: [], environment: {}};
    assert.equal((await runClient(command, {deadlineMs: 5_000, signal})).end, 'absent');
  });

  it('is not listened to for ever', async () => {
    const {stdout} = await runClient(script('head -c 1000000 /dev/zero'), {deadlineMs: 10_000, signal});
    assert.equal(stdout.length, 64 * 1024);
  });
});

describe('clients that are tried', () => {
  function optionsFor(more: Partial<TrialOptions> = {}): TrialOptions {
    const home = temporaryFolder();
    return {
      ...{host: 'tako.test', port: 1, answer: ANSWER, home, signal: new AbortController().signal},
      ...{environment: {PATH: '/usr/bin:/bin', NODE_TLS_REJECT_UNAUTHORIZED: '0'}, appVariables: {EXTRA: 'given'}},
      track: () => () => undefined,
      ...more,
    };
  }
  const fake = (more: Partial<Client>): Client => ({...clientOf('curl'), programs: ['sh'], ...more});

  it('are those there are, each with a folder that is gone afterwards', async () => {
    let used = '';
    const client = fake({
      command({folder}) {
        used = folder;
        return {args: ['-c', 'cat "$1"/hosts', 'sh', folder], file: {name: 'hosts', text: ANSWER}};
      },
    });
    const [trial, ...others] = await tryClients([client, fake({programs: ['no-such-program']})], optionsFor());
    assert.deepEqual([trial?.byName, trial?.byAddress, others], [{state: 'answered'}, undefined, []]);
    assert.match(used, /tako-doctor-/);
    assert.equal(existsSync(used), false);
  });

  it('are asked at an address where the name is not found, if they can be', async () => {
    const lost = 'echo "Could not resolve host" >&2';
    const command: Client['command'] = ({address}) => ({
      args: ['-c', address === undefined ? lost : `printf '%s' "${ANSWER}"`],
    });
    const [able, unable] = await tryClients([fake({command}), fake({command, canTakeAddress: false})], optionsFor());
    assert.deepEqual([able?.byName.state, able?.byAddress?.state], ['unresolved', 'answered']);
    assert.deepEqual([unable?.byName.state, unable?.byAddress], ['unresolved', undefined]);
  });

  it('have what tako gives to apps if they run apps, and never what makes them trust everything', async () => {
    const command: Client['command'] = () => ({args: ['-c', 'echo "$EXTRA,$NODE_TLS_REJECT_UNAUTHORIZED" >&2']});
    const trials = await tryClients([fake({command, runsApps: true}), fake({command})], optionsFor());
    assert.deepEqual(
      trials.map(({byName}) => 'said' in byName && byName.said),
      ['given,', ','],
    );
  });

  it('are at most four at once, and told of', async () => {
    const open = new Set<object>();
    const counts: number[] = [];
    const track = () => {
      const one = {};
      open.add(one);
      counts.push(open.size);
      return () => void open.delete(one);
    };
    const client = fake({command: () => ({args: ['-c', 'sleep 0.1']})});
    await tryClients(
      Array.from({length: 9}, () => client),
      optionsFor({track}),
    );
    assert.deepEqual([Math.max(...counts), counts.length, open.size], [4, 9, 0]);
  });
});

describe('what doctor says of a client', () => {
  const root = rootIssuedAt(Date.now());
  const stored = {certificate: root.certificate, place: 'x', active: true};
  const system = {
    kind: 'linux',
    name: 'system store',
    anchors: '/',
    update: {file: 'x', args: []},
    updateAfterRemoval: {file: 'x', args: []},
  } as const;
  const nss = (name: string) => ({kind: 'nss', name, folder: '/', exists: true, roots: [stored]}) as const;
  const factsOf = (stores: TrustFacts['stores']): TrustFacts => ({stores, installed: [], gone: []});
  const context: ClientContext = {
    root,
    stores: factsOf([{...system, roots: []}]),
    environment: {},
    appVariables: {},
    resolves: false,
  };
  const untrusted: Outcome = {state: 'untrusted', said: 'self-signed'};
  const say = (name: string, byName: Outcome, more: Partial<ClientContext> = {}, byAddress?: Outcome): Finding =>
    only(
      checkClients([{client: clientOf(name), program: `/usr/bin/${name}`, host: 'tako.test', byName, byAddress}], {
        ...context,
        ...more,
      }),
    );

  it('is fine where it was answered, by name or by address', () => {
    assert.equal(say('curl', {state: 'answered'}).observed, 'curl opens https://tako.test and trusts its certificate');
    const byAddress = say('node', {state: 'unresolved', said: ''}, {}, {state: 'answered'});
    assert.deepEqual([byAddress.severity, /tried by address/.test(byAddress.observed)], ['ok', true]);
  });

  it('is broken where it alone does not find the name', () => {
    const finding = say('chromium', {state: 'unresolved', said: ''}, {resolves: true}, {state: 'answered'});
    assert.equal(finding.severity, 'error');
    assert.match(finding.observed, /which other programs find/);
  });

  it('names the store that it reads, and what puts the root there', () => {
    const curl = say('curl', untrusted);
    assert.deepEqual([curl.severity, curl.fix], ['warning', 'tako trust']);
    assert.match(curl.observed, /it reads the system's store, which does not have tako's root/);
    assert.equal(say('node', untrusted).fix, `export NODE_EXTRA_CA_CERTS=${root.file}`);
    assert.match(say('java', untrusted).observed, /its own cacerts, which does not/);
    assert.match(say('node', {state: 'answered'}).observed, /^node, as an app has it, opens/);
  });

  it('is broken where that store has the root; the store of Firefox is not that of Chromium', () => {
    assert.equal(say('curl', untrusted, {stores: factsOf([{...system, roots: [stored]}])}).severity, 'error');
    assert.equal(say('chromium', untrusted, {stores: factsOf([nss('Chromium (~/.pki/nssdb)')])}).severity, 'error');
    assert.equal(say('chromium', untrusted, {stores: factsOf([nss('Firefox (x)')])}).severity, 'warning');
  });

  it("names a variable that has it read another file, but not one that names the system's", () => {
    const finding = say('git', untrusted, {
      environment: {GIT_SSL_CAINFO: '/home/ann/corp ca.pem', SSL_CERT_FILE: '/x'},
    });
    assert.match(finding.observed, /it reads GIT_SSL_CAINFO=\/home\/ann\/corp ca\.pem, which does not have/);
    assert.match(finding.fix ?? '', /cat \/ca\/ca\.crt >>'\/home\/ann\/corp ca\.pem'; or unset GIT_SSL_CAINFO$/);
    const same = say('curl', untrusted, {environment: {SSL_CERT_FILE: '/etc/ssl/certs/ca-certificates.crt'}});
    assert.equal(same.fix, 'tako trust');
    const node = say('node', untrusted, {environment: {NODE_EXTRA_CA_CERTS: '/etc/ssl/certs/ca-certificates.crt'}});
    assert.deepEqual([node.fix, /it reads the system's store/.test(node.observed)], ['tako trust', true]);
  });

  it('has a fix for everything else that may happen', () => {
    for (const state of ['unresolved', 'out-of-date', 'unreachable', 'proxied', 'failed'] as const) {
      const {severity, observed, fix} = say('wget', {state, said: 'it said so'});
      assert.notEqual(severity, 'ok', state);
      assert.ok(fix !== null && observed.startsWith('wget '), state);
    }
    assert.match(say('curl', {state: 'late'}).observed, /did not answer in time/);
  });
});
