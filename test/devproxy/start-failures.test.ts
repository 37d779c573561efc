import assert from 'node:assert/strict';
import {once} from 'node:events';
import {readFile} from 'node:fs/promises';
import {type AddressInfo, createServer, type Server} from 'node:net';
import path from 'node:path';
import {PassThrough} from 'node:stream';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {createDevClient, type DevClient} from '../../src/commands/dev-client.js';
import type {Problem} from '../../src/control/events.js';
import {escapeHtml} from '../../src/proxy/template.js';
import {reservePort} from '../../src/supervisor/reserved-port.js';
import type {DevEvent, DevSession} from '../../src/ui/dev-session.js';
import {runJson} from '../../src/ui/json-lines.js';
import {runPlain} from '../../src/ui/plain.js';
import {type Answer, type Live, type LiveApp, startLive} from './live.js';

// What people run into most when they start an app, and what each of them is told: in the terminal, in `--json`, on the
// page. The programs are those of test/fixtures/apps/failing.

type Failure = {
  readonly name: string;
  readonly command: readonly string[];
  readonly toml?: string;
  /** Of the fixture folder, or written out. */
  readonly files?: Readonly<Record<string, string | undefined>>;
  readonly code: string;
  readonly message: RegExp;
  readonly hint: RegExp;
  readonly status?: number;
};

const FAILING = path.resolve(import.meta.dirname, '../fixtures/apps/failing');

let live: Live;
let taken: Server;
const ports = {taken: 0, used: 0, pinned: 0};

beforeAll(async () => {
  live = await startLive();
  taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  ports.taken = (taken.address() as AddressInfo).port;
  [ports.used, ports.pinned] = [await reservePort(), await reservePort()];
});

afterAll(async () => {
  taken.close();
  await live.close();
});

const failures = (): readonly Failure[] => [
  {
    name: 'mistyped',
    command: ['ndoe', 'server.js'],
    code: 'COMMAND_NOT_FOUND',
    message: /^there is no command ndoe in the \d+ folders of PATH$/,
    hint: /^did you mean node\?$/,
  },
  {
    name: 'uninstalled',
    command: ['node', 'needs-package.mjs'],
    files: {'package.json': '{"dependencies": {"a-package-that-is-not-installed": "1"}}', 'package-lock.json': '{}'},
    code: 'DEPENDENCIES_MISSING',
    message: /: the package a-package-that-is-not-installed is not installed$/,
    hint: /^run npm install in \//,
  },
  {
    name: 'port-taken',
    command: ['node', 'listens-on.mjs', String(ports.taken)],
    code: 'APP_PORT_IN_USE',
    message: new RegExp(`: port ${ports.taken} is in use by .+ \\(pid ${process.pid}\\)$`),
    hint: new RegExp(`^kill ${process.pid} `),
  },
  {
    name: 'elsewhere',
    command: ['node', 'listens-on.mjs', String(ports.used)],
    toml: `port = ${ports.pinned}\nready_timeout = 2\n`,
    code: 'APP_LISTENS_ELSEWHERE',
    message: new RegExp(`listens on port ${ports.used}, not on port ${ports.pinned}`),
    hint: new RegExp(`^set port = ${ports.used} in tako\\.toml`),
  },
  {
    name: 'silent',
    command: ['sleep', '600'],
    toml: 'ready_timeout = 1\n',
    code: 'APP_NOT_READY',
    message: /runs, but did not open a port within 1 s$/,
    hint: /./,
    status: 504,
  },
  {
    name: 'throws',
    command: ['node', 'throws.mjs'],
    code: 'APP_CRASHED',
    message: /: TypeError: Cannot read properties of undefined .* at throws\.mjs:2:47$/,
    hint: /^look at throws\.mjs:2:47 in \//,
  },
  {
    name: 'refused',
    command: ['node', 'wrong-import.mjs'],
    code: 'APP_SYNTAX_ERROR',
    message: /: SyntaxError: .* in wrong-import\.mjs:2$/,
    hint: /^correct wrong-import\.mjs:2$/,
  },
  {
    name: 'unset',
    command: ['node', 'needs-setting.mjs'],
    code: 'SETTING_MISSING',
    message: /: the environment variable DATABASE_URL is not set$/,
    hint: /^set DATABASE_URL under \[vars\.development\] in tako\.toml/,
  },
  {
    name: 'scriptless',
    command: ['npm', 'run', 'dev'],
    files: {'package.json': undefined},
    code: 'SCRIPT_MISSING',
    message: /: there is no script dev$/,
    hint: /^did you mean deb\?$/,
  },
  {
    name: 'fileless',
    command: ['node', 'needs-file.mjs'],
    code: 'APP_FILE_MISSING',
    message: /: config\/settings\.json does not exist$/,
    hint: /./,
  },
  {
    name: 'no-server',
    command: ['node', 'builds.mjs'],
    code: 'APP_ENDED',
    message: /builds\.mjs ended without an error/,
    hint: /./,
  },
  {
    name: 'killed',
    command: ['node', 'killed.mjs'],
    code: 'APP_KILLED',
    message: /exited with signal SIGKILL before it was ready: it was killed$/,
    hint: /./,
  },
];

const NAMES = [
  'mistyped',
  'uninstalled',
  'port-taken',
  'elsewhere',
  'silent',
  'throws',
  'refused',
  'unset',
  'scriptless',
  'fileless',
  'no-server',
  'killed',
];

describe('an app that does not start says why, and what to do,', () => {
  it.each(NAMES)('to everyone who looks: %s', async name => {
    const failure = failures().find(failure => failure.name === name);
    assert.ok(failure, name);
    const app = await addFailing(failure);
    const {plain, events} = await show(app);
    const problem = problemIn(events);
    assertExplained(problem, failure);

    const {message, hint} = problem;
    assert.ok(plain.includes(`error: ${message} [${problem.code}]\n  ${hint}\n`), plain);
    // Asked for by a script, which waits for as long as it takes.
    const page = app.get('/', {accept: 'text/html', 'sec-fetch-mode': 'cors'});
    const json = app.get('/', {accept: 'application/json'});
    assertPage(await page, problem, failure.status);
    const {error} = JSON.parse((await json).body);
    assert.deepEqual([error.code, error.hint, error.status], [problem.code, hint, failure.status ?? 502]);
    assert.ok(error.message.endsWith(message), error.message);
    await app.untilLogged(new RegExp(`^tako: (?:pid \\d+: )?${escapePattern(message)}`));
  });

  it('is told of every program that is listed', () => {
    assert.deepEqual(
      failures().map(({name}) => name),
      NAMES,
    );
  });
});

async function addFailing({name, command, toml = '', files = {}}: Failure): Promise<LiveApp> {
  const programs = [
    ...command.filter(word => word.endsWith('.mjs')),
    ...Object.keys(files).filter(file => files[file] === undefined),
  ];
  const contents = await Promise.all(
    programs.map(async file => [file, await readFile(path.join(FAILING, file), 'utf8')] as const),
  );
  const given = Object.entries(files).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return live.add(name, {
    ...Object.fromEntries([...contents, ...given]),
    'tako.toml': `dev = ${JSON.stringify(command)}\n${toml}`,
  });
}

function assertExplained(problem: Problem, {code, message, hint}: Failure): void {
  assert.equal(problem.code, code, problem.message);
  assert.match(problem.message, message);
  assert.match(problem.hint ?? '', hint);
}

function assertPage({status, type, body}: Answer, {code, message, hint}: Problem, wanted = 502): void {
  assert.deepEqual([status, type], [wanted, 'text/html; charset=utf-8']);
  for (const text of [code, message, hint ?? '']) assert.ok(body.includes(escapeHtml(text)), body);
}

/** What the two printers of `tako dev` print from when it is run until the failure is told. */
async function show(app: LiveApp): Promise<{plain: string; events: readonly DevEvent[]}> {
  const registration = await app.register();
  const connection = {client: await live.connect(), info: live.daemon.info};
  const client = createDevClient({
    connection,
    apps: [{name: registration.name, registration, isNeeded: false}],
    reconnect: () => Promise.reject(new Error('lost')),
  });
  const session = sessionOf(client, app);
  const [stdout, stderr, json] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const over = new AbortController();
  const shown = Promise.all([
    runPlain(session, {stdout, stderr, signal: over.signal, env: {}}),
    runJson(session, {stdout: json, signal: over.signal}),
  ]);
  const told = new Promise<void>(resolve => {
    client.subscribe(event => {
      if (event.type === 'status' && event.status.problem) resolve();
    });
  });
  const following = client.follow();
  await told;
  over.abort();
  await shown;
  client.detach();
  await following;
  const lines = String(json.read()).trimEnd().split('\n');
  return {plain: String(stderr.read()), events: lines.map(line => JSON.parse(line))};
}

const sessionOf = (client: DevClient, {name}: LiveApp): DevSession => ({
  apps: [name],
  version: '1.0.0',
  notes: [],
  subscribe: client.subscribe,
  actions: {restart: client.restart, open: () => undefined, copy: async () => false, toggleLan: client.toggleLan},
});

function problemIn(events: readonly DevEvent[]): Problem {
  const problems = events.flatMap(event =>
    event.type === 'status' && event.status.problem ? [event.status.problem] : [],
  );
  const [problem] = problems;
  assert.ok(problem, JSON.stringify(events));
  return problem;
}

const escapePattern = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
