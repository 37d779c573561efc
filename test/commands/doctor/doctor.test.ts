import assert from 'node:assert/strict';
import {once} from 'node:events';
import {chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {type AddressInfo, createServer} from 'node:net';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import {type Authority, openAuthority} from '../../../src/ca/authority.js';
import type {Finding} from '../../../src/commands/doctor/finding.js';
import type {Handlers} from '../../../src/control/method.js';
import type {DaemonInfo, Methods} from '../../../src/control/protocol.js';
import {startControlServer} from '../../../src/control/server.js';
import {socketPathFor} from '../../../src/control/socket-path.js';
import {systemClock} from '../../../src/system/clock.js';
import {findProgram, pathWith} from '../../helpers/programs.js';
import {requires} from '../../helpers/system-parts.js';
import {type CommandResult, createTako, type Tako, untilGone} from '../../helpers/tako.js';
import {TALKER, talkingProject, temporaryFolder} from '../support.js';

// The command with daemons of the test. Of the clients only those are in the PATH that a test is about: a browser is tried
// by test/e2e/doctor-browser.test.ts.

type TestTako = Tako & {
  readonly userHome: string;
  /** Runs `tako doctor` with these programs in the PATH, and these variables. */
  doctor(
    programs: readonly string[],
    environment?: NodeJS.ProcessEnv,
    ...flags: readonly string[]
  ): Promise<CommandResult>;
  /** What it says as JSON. */
  report(programs: readonly string[], environment?: NodeJS.ProcessEnv, ...flags: readonly string[]): Promise<Report>;
};

type Report = {
  readonly ok: boolean;
  readonly findings: readonly Finding[];
  readonly steps?: readonly {readonly title: string}[];
};

/** What makes clients trust something else here, on the machine that runs the tests. */
const NO_VARIABLES: NodeJS.ProcessEnv = Object.fromEntries(
  [
    ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'CURL_CA_BUNDLE', 'GIT_SSL_CAINFO', 'NODE_EXTRA_CA_CERTS', 'DENO_CERT'],
    ...['REQUESTS_CA_BUNDLE', 'HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'https_proxy', 'http_proxy', 'all_proxy'],
  ].map(name => [name, undefined]),
);

function open(): TestTako {
  const userHome = temporaryFolder();
  const tako = createTako({HOME: userHome});
  onTestFinished(() => tako.close());
  const doctor: TestTako['doctor'] = (programs, environment = {}, ...flags) => {
    const PATH = pathWith(temporaryFolder(), 'getent', ...programs);
    return tako.run(['doctor', ...flags], {env: {...NO_VARIABLES, PATH, ...environment}});
  };
  return {
    ...tako,
    userHome,
    doctor,
    report: async (programs, environment, ...flags) =>
      JSON.parse((await doctor(programs, environment, '--json', ...flags)).stdout) as Report,
  };
}

const makeAuthority = ({home}: Tako): Promise<Authority> =>
  openAuthority({folder: path.join(home, 'ca'), clock: systemClock});

const find = ({findings}: Report, id: Finding['id']): Finding => {
  const finding = findings.find(one => one.id === id);
  assert.ok(finding, `${id} is looked at`);
  return finding;
};

const broken = ({findings}: Report): readonly string[] =>
  findings.filter(({severity}) => severity === 'error').map(({id}) => id);

describe('tako doctor without a daemon', () => {
  it('finds nothing broken on a machine where tako was never started, and makes nothing', async () => {
    const tako = open();
    const {code, stdout} = await tako.doctor([]);
    assert.equal(code, 0);
    assert.match(stdout, /^ok {7}daemon {2,}the daemon does not run, so .* cannot be tried; "tako dev" starts it\n/);
    assert.match(stdout, /no local authority yet/);
    assert.match(
      stdout,
      /\n\n(?:nothing is wrong|\d+ warnings?), [^\n]*\n$|\n\nnothing is wrong: \d+ things were tried\n$/,
    );
    assert.equal(existsSync(path.join(tako.home, 'ca')), false);
  });

  it('says who holds a port that the daemon would open', async () => {
    const tako = open();
    const owner = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void owner.close());
    await once(owner, 'listening');
    const {port} = owner.address() as AddressInfo;
    writeFileSync(path.join(tako.home, 'settings.toml'), `port = ${port}\nhttp_port = 0\n`);
    const {code, stdout} = await tako.doctor([]);
    assert.equal(code, 1);
    assert.match(
      stdout,
      new RegExp(`error +port-owner +port ${port} \\(HTTPS\\) is in use by \\S+ \\(pid ${process.pid}\\)`),
    );
  });

  it('says as one JSON document that the authority is damaged, once, and goes on', async () => {
    const tako = open();
    mkdirSync(path.join(tako.home, 'ca'), {mode: 0o700});
    writeFileSync(path.join(tako.home, 'ca/ca.crt'), 'not a certificate');
    const report = await tako.report([]);
    assert.deepEqual([report.ok, broken(report)], [false, ['authority']]);
    assert.match(find(report, 'authority').fix ?? '', /tako untrust/);
    assert.equal(find(report, 'disk').severity, 'ok');
  });

  it('says that settings cannot be read, and goes on', async () => {
    const tako = open();
    writeFileSync(path.join(tako.home, 'settings.toml'), 'port = "x"\n');
    assert.deepEqual(broken(await tako.report([])), ['settings']);
  });

  it('names a proxy that would be asked for names of apps', async () => {
    const finding = find(await open().report([], {HTTPS_PROXY: 'http://proxy.corp:3128'}), 'proxy-variables');
    assert.match(finding.observed, /^HTTPS_PROXY sends \.test and \.localhost to proxy\.corp:3128$/);
  });
});

describe.skipIf(requires('curl', 'openssl', 'git', 'getent'))('tako doctor with a daemon (curl, openssl, git)', () => {
  it('proves that names, addresses and certificates work, starts no app and leaves no request behind', async () => {
    const tako = open();
    const {directory} = talkingProject('quiet');
    assert.equal((await tako.run(['ensure'], {cwd: directory})).code, 0);
    const before = (await tako.status()).apps.map(({name, state, pid}) => ({name, state, pid}));
    const report = await tako.report(['curl', 'openssl', 'git']);
    for (const id of ['daemon', 'dns-server', 'https-ipv4', 'http', 'file-modes', 'authority'] as const) {
      assert.equal(find(report, id).severity, 'ok', id);
    }
    for (const finding of report.findings) {
      assert.deepEqual(Object.keys(finding), ['id', 'severity', 'observed', 'why', 'fix']);
    }
    assert.deepEqual(broken(report), []);
    assert.deepEqual(
      (await tako.status()).apps.map(({name, state, pid}) => ({name, state, pid})),
      before,
    );
    const requests = JSON.parse(`[${(await tako.run(['requests', '--json'])).stdout.trim().split('\n').join(',')}]`);
    assert.doesNotMatch(JSON.stringify(requests), /canary/);
  });

  it('says of each client that it does not trust the root, which store it reads, and what mends it', async () => {
    const tako = open();
    await tako.dev(tako.home, ...TALKER).ready();
    const report = await tako.report(['curl', 'openssl', 'git']);
    for (const id of ['client-curl', 'client-openssl', 'client-git'] as const) {
      const {severity, observed, fix} = find(report, id);
      assert.deepEqual([severity, fix], ['warning', 'tako trust'], `${id}: ${observed}`);
      assert.match(observed, /does not trust the certificate: it reads the system's store/);
    }
    const {observed, fix} = find(await tako.report(['curl'], {CURL_CA_BUNDLE: '/dev/null'}), 'client-curl');
    assert.match(observed, /CURL_CA_BUNDLE=\/dev\/null|could not be tried/);
    assert.ok(fix);
  });

  it('says of each client that it trusts the root, where it is told to', async () => {
    const tako = open();
    await tako.dev(tako.home, ...TALKER).ready();
    const root = path.join(tako.home, 'ca/ca.crt');
    const trusting = {SSL_CERT_FILE: root, CURL_CA_BUNDLE: root, GIT_SSL_CAINFO: root};
    const report = await tako.report(['curl', 'openssl', 'git'], trusting);
    for (const id of ['client-curl', 'client-openssl', 'client-git'] as const) {
      const {severity, observed} = find(report, id);
      assert.equal(severity, 'ok', observed);
      assert.match(observed, /opens https:\/\/tako\.|trusts the certificate/);
    }
  });

  it('does not hang on a client that does, nor on one that cannot be run', async () => {
    const tako = open();
    await tako.dev(tako.home, ...TALKER).ready();
    const folder = temporaryFolder();
    const PATH = pathWith(folder, 'getent', 'git');
    for (const [name, script] of [
      ['curl', 'echo $$ >"$0.pid"; exec sleep 600'],
      ['openssl', 'echo it is broken >&2; exit 127'],
    ] as const) {
      writeFileSync(path.join(PATH, name), `#!/bin/sh\nPATH=/usr/bin:/bin\n${script}\n`);
      chmodSync(path.join(PATH, name), 0o755);
    }
    const {stdout, stderr} = await tako.run(['doctor', '--json'], {env: {...NO_VARIABLES, PATH}});
    const report = JSON.parse(stdout) as Report;
    assert.match(find(report, 'client-curl').observed, /did not answer in time, and was ended/);
    assert.match(find(report, 'client-openssl').observed, /could not be tried: it is broken/);
    assert.match(find(report, 'client-git').observed, /does not trust/);
    assert.match(stderr, /^still trying: .*curl/m);
    await untilGone(Number(readFileSync(path.join(PATH, 'curl.pid'), 'utf8')));
  });
});

describe.skipIf(requires('node', 'python3'))('runtimes (node, python3, bun, deno, java where there are any)', () => {
  it('trust what tako gives to apps', async () => {
    const tako = open();
    await tako.dev(tako.home, ...TALKER).ready();
    const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : findProgram('python3');
    const folder = temporaryFolder();
    const PATH = pathWith(folder, 'node', 'bun', 'deno', 'keytool');
    symlinkSync(python ?? '', path.join(PATH, 'python3'));
    const env = {...NO_VARIABLES, PATH, JAVA_TOOL_OPTIONS: undefined};
    const report = JSON.parse((await tako.run(['doctor', '--json'], {env})).stdout) as Report;
    for (const [id, program] of [
      ['client-node', 'node'],
      ['client-python3', 'python3'],
      ['client-bun', 'bun'],
      ['client-deno', 'deno'],
    ] as const) {
      if (!findProgram(program)) continue;
      const {severity, observed} = find(report, id);
      assert.equal(severity, 'ok', observed);
    }
    // Java reads no file that a variable names; it says itself which one it reads.
    if (findProgram('keytool'))
      assert.match(find(report, 'client-java').observed, /^java does not trust .* its own cacerts/);
  });
});

describe('a machine that is broken', () => {
  it('has errors for a daemon whose ports nobody has, each with a fix', async () => {
    const tako = open();
    await makeAuthority(tako);
    const closed = {port: 1, isDenied: false};
    const info: Partial<DaemonInfo> = {
      ...{version: '0.0.1', pid: 1, apps: 0, https: closed, http: closed, dnsPort: 1, zones: ['test']},
      rootCertificate: path.join(tako.home, 'ca/ca.crt'),
    };
    const server = await startControlServer({
      socketPath: socketPathFor(tako.home),
      handlers: {hello: async () => info, list: async () => ({apps: []})} as unknown as Handlers<Methods>,
      onBug: error => assert.fail(String(error)),
    });
    const {code, stdout} = await tako.doctor(['curl'], {}, '--json');
    await server.close();
    assert.equal(code, 1);
    const report = JSON.parse(stdout) as Report;
    assert.equal(report.ok, false);
    assert.deepEqual(broken(report).slice(0, 2), ['dns-server', 'https-ipv4']);
    assert.ok(report.findings.every(({severity, fix}) => severity === 'ok' || fix !== null));
    assert.match(find(report, 'daemon-version').observed, /the daemon is tako 0\.0\.1/);
  });

  it('with a key that others may read and a dead socket shows with --fix how these are mended, and asks first', async () => {
    const tako = open();
    const dev = tako.dev(tako.home, ...TALKER);
    const {pid} = await dev.ready();
    const {daemon} = await tako.status();
    assert.ok(daemon && pid !== null);
    // Its terminal would bring the daemon back.
    await dev.end('SIGHUP');
    process.kill(daemon.pid, 'SIGKILL');
    await untilGone(daemon.pid);
    process.kill(pid, 'SIGKILL');
    const key = path.join(tako.home, 'ca/ca.key');
    chmodSync(key, 0o644);
    const before = await tako.report([]);
    assert.deepEqual(broken(before), ['file-modes']);
    assert.match(find(before, 'daemon').observed, /^nobody answers at .*control\.sock/);

    const dry = await tako.report([], {}, '--fix', '--dry-run');
    assert.match(dry.steps?.[0]?.title ?? '', /^keep .*ca\.key to yourself$/);
    assert.match(dry.steps?.[1]?.title ?? '', /^delete .*control\.sock, where nobody answers$/);
    // What plans for the trust stores opens the authority, and that closes the key at once.
    chmodSync(key, 0o644);
    const asked = await tako.doctor([], {}, '--fix');
    assert.deepEqual([asked.code, asked.stdout], [1, '']);
    assert.match(asked.stderr, /tako will:\n1\. keep .*\n.*0644 -> 0600\n2\. delete [\s\S]*CONFIRMATION_NEEDED/);
  });
});
