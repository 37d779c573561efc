import type {Files} from './workplace.js';

// Releases of an app that do not come to serve, each for a reason of its own.

export const SHOP_HOST = 'shop.example.com';

/** A server that says which release it is of. */
export const serverOf = (version: string): string => `import {createServer} from 'node:http';
createServer((_, response) => response.end('ok ${version}')).listen(Number(process.env.PORT), '127.0.0.1');
`;

/** Listens, and does something more then. */
const LISTENS_AND = (then: string): string => `import {createServer} from 'node:http';
const server = createServer((_, response) => response.end('ok broken'));
server.listen(Number(process.env.PORT), '127.0.0.1', () => {
  ${then}
});
`;

/** Leaves a process in a session of its own behind, if it can. */
const LEAVES_ONE = `import {spawn} from 'node:child_process';
spawn('sleep', ['1000'], {detached: true, stdio: 'ignore'}).unref();
`;

const EATS_MEMORY = 'const eaten = []; for (;;) eaten.push(Buffer.alloc(8 * 1024 * 1024, 1));';

export type ProjectOptions = {
  readonly name?: string;
  readonly host?: string;
  /** Lines at the top of tako.toml. */
  readonly keys?: readonly string[];
  readonly server?: string;
  readonly files?: Files;
};

/** A project of an app in Node. */
export function projectOf({
  name = 'shop',
  host = SHOP_HOST,
  keys = [],
  server = serverOf('broken'),
  files = {},
}: ProjectOptions): Files {
  const config = [
    `name = "${name}"`,
    'start = ["node", "server.mjs"]',
    'stability = 0',
    ...keys,
    '[envs.production]',
    `route = "${host}"`,
    'servers = ["one"]',
  ];
  return {
    // What is said last counts: TOML knows no key twice.
    'tako.toml': `${config.filter((line, index) => !isSaidAgain(line, config.slice(index + 1))).join('\n')}\n`,
    'package.json': `${JSON.stringify({name, type: 'module', private: true})}\n`,
    'server.mjs': server,
    ...files,
  };
}

const isSaidAgain = (line: string, later: readonly string[]): boolean =>
  line === 'stability = 0' && later.some(other => other.startsWith('stability'));

export type Broken = ProjectOptions & {
  readonly title: string;
  readonly code: string;
  /** What the message says. */
  readonly says: readonly RegExp[];
  readonly hint: RegExp;
  /** Whether control groups are what finds it. */
  readonly needsCgroups?: boolean;
  /** A line of its output that comes with the error. */
  readonly shows?: string;
  /** Also where not all of them are tried. */
  readonly isSampled?: boolean;
};

export const BROKEN: readonly Broken[] = [
  {
    title: 'never listens',
    keys: ['ready_timeout = "2s"'],
    server: `${LEAVES_ONE}setInterval(() => {}, 1_000);`,
    code: 'APP_NOT_READY',
    says: [/did not open a port within 2 s/],
    hint: /ready_timeout/,
  },
  {
    title: 'exits',
    server: `${LEAVES_ONE}console.error('no database at db.internal'); process.exit(3);`,
    code: 'APP_EXITED_EARLY',
    says: [/exited with code 3/],
    hint: /shows all that it said/,
    shows: 'no database at db.internal',
    isSampled: true,
  },
  {
    title: 'listens, then dies in the stability window',
    keys: ['stability = "5s"'],
    server: LEAVES_ONE + LISTENS_AND(`setTimeout(() => {console.log('lost the queue'); process.exit(7);}, 500);`),
    code: 'RELEASE_UNSTABLE',
    says: [/within 5 s/, /code 7/],
    hint: /goes on serving/,
    shows: 'lost the queue',
  },
  {
    title: 'is not healthy over HTTP',
    keys: ['health = {path = "/healthz", window = "2s"}'],
    server: `import {createServer} from 'node:http';
createServer((request, response) => {
  response.statusCode = request.url === '/healthz' ? 500 : 200;
  response.end();
}).listen(Number(process.env.PORT), '127.0.0.1');
`,
    code: 'RELEASE_UNHEALTHY',
    says: [/listens on port \d+/, /GET \/healthz/, /within 2 s: answered 500/],
    hint: /"health"/,
    isSampled: true,
  },
  {
    title: 'answers the question for its status with a token of its own',
    keys: ['ready = "fd"', 'health = {type = "status", window = "2s"}'],
    server: `import {writeSync} from 'node:fs';
import {createServer} from 'node:http';
createServer((_, response) => response.setHeader('x-tako-internal-token', 'guessed').end('{"status": "healthy"}'))
  .listen(Number(process.env.PORT), '127.0.0.1', function () {
    writeSync(4, \`\${this.address().port}\\n\`);
  });
`,
    code: 'RELEASE_UNHEALTHY',
    says: [/GET \/status/, /another token/],
    hint: /"health"/,
  },
  {
    title: 'uses more memory than it may before it listens',
    needsCgroups: true,
    keys: ['limits = {memory = "64M"}'],
    server: EATS_MEMORY,
    code: 'APP_KILLED',
    says: [/more than its 64 MiB of memory/],
    hint: /limits.*memory|memory.*limits/,
    isSampled: true,
  },
  {
    title: 'uses more memory than it may in the stability window',
    needsCgroups: true,
    keys: ['limits = {memory = "64M"}', 'stability = "5s"'],
    server: LISTENS_AND(`setTimeout(() => {${EATS_MEMORY}}, 500);`),
    code: 'RELEASE_UNSTABLE',
    says: [/more than its 64 MiB of memory/],
    hint: /goes on serving/,
  },
  {
    title: 'uses more memory than it may in its release command',
    needsCgroups: true,
    keys: ['limits = {memory = "64M"}', 'release = "node eat.mjs"'],
    files: {'eat.mjs': EATS_MEMORY},
    code: 'RELEASE_COMMAND_FAILED',
    says: [/"node eat\.mjs" ended with (?:code 137|signal SIGKILL), as it used more than its 64 MiB of memory/],
    hint: /release before goes on serving/,
  },
  {
    title: 'listens on another port than the pinned one',
    keys: ['port = 4123', 'ready_timeout = "2s"'],
    server: `import {createServer} from 'node:http'; createServer().listen(4124, '127.0.0.1');`,
    code: 'APP_LISTENS_ELSEWHERE',
    says: [/listens on port 4124/, /not on port 4123/],
    hint: /port = 4124/,
  },
  {
    title: 'has packages that cannot be installed',
    files: {
      'package.json': `${JSON.stringify({name: 'shop', type: 'module', dependencies: {gone: 'file:vendor/gone.tgz'}})}\n`,
      'package-lock.json': `${JSON.stringify({
        name: 'shop',
        lockfileVersion: 3,
        packages: {
          '': {name: 'shop', dependencies: {gone: 'file:vendor/gone.tgz'}},
          'node_modules/gone': {version: '1.0.0', resolved: 'file:vendor/gone.tgz'},
        },
      })}\n`,
    },
    code: 'INSTALL_FAILED',
    says: [/packages of the release could not be installed/, /npm install/],
    hint: /lockfile/,
  },
  {
    title: 'cannot be built',
    files: {'compile.mjs': `console.error('main.ts:3: unexpected end'); process.exit(2);`},
    keys: ['build = {run = "node compile.mjs"}'],
    code: 'BUILD_FAILED',
    says: [/node compile\.mjs/, /exited with 2/],
    hint: /it ran in/,
    shows: 'main.ts:3: unexpected end',
  },
  {
    title: 'has a release command that fails',
    keys: ['release = "echo migrating; echo no such table: orders >&2; exit 9"'],
    code: 'RELEASE_COMMAND_FAILED',
    says: [/ended with code 9/],
    hint: /release before goes on serving/,
    shows: 'no such table: orders',
    isSampled: true,
  },
];
