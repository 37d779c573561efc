import {mkdtempSync, readFileSync, realpathSync, rmSync} from 'node:fs';
import {mkdir, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {Agent, request} from 'undici';
import {machineWorld} from '../../src/commands/setup/machine-wishes.js';
import {type ControlClient, connectControl} from '../../src/control/client.js';
import type {AppStatus} from '../../src/control/events.js';
import type {AppRequest, Registration} from '../../src/control/protocol.js';
import {type Daemon, startDaemon} from '../../src/devproxy/daemon.js';
import {daemonFiles} from '../../src/devproxy/daemon-files.js';
import {projectOf, resolveRegistration} from '../../src/devproxy/resolve-registration.js';
import {eventually} from '../helpers/eventually.js';

export type Answer = {readonly status: number; readonly type: string; readonly body: string};

/** A daemon in this process, the control socket that terminals use, and a client that trusts its root. */
export type Live = {
  readonly daemon: Daemon;
  readonly control: ControlClient;
  /** Finds every name at 127.0.0.1, and keeps its connections. */
  readonly dispatcher: Agent;
  /** Another terminal. */
  connect(): Promise<ControlClient>;
  /** Makes a project, in a folder of its own unless one is given, and registers it as its terminal would. */
  add(name: string, files: Readonly<Record<string, string>>, options?: AddOptions): Promise<LiveApp>;
  /** An app that is registered already. */
  find(name: string, directory: string): LiveApp;
  /** A folder that goes with the daemon. */
  folder(): string;
  close(): Promise<void>;
};

export type AddOptions = {
  /** The environment of the terminal. */
  readonly terminal?: Readonly<Record<string, string>>;
  readonly directory?: string;
};

export type LiveApp = {
  readonly name: string;
  readonly host: string;
  readonly directory: string;
  write(file: string, text: string): Promise<void>;
  remove(file: string): void;
  /** As running `tako dev` again does. */
  register(terminal?: Readonly<Record<string, string>>): Promise<Registration>;
  get(path?: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  status(): Promise<AppStatus>;
  /** Looks again and again, without being attached. */
  until(isWanted: (status: AppStatus) => unknown): Promise<AppStatus>;
  /** Every line of its log, tako's own marked as such. */
  log(): Promise<readonly string[]>;
  untilLogged(pattern: RegExp): Promise<void>;
};

const TERMINAL = {PATH: process.env.PATH ?? ''};

/** `home` is kept when it closes, for another one that is started with it. */
export async function startLive(home?: string): Promise<Live> {
  const data = home ?? temporary('tako-live-');
  const files = daemonFiles({config: data, data, cache: `${data}/cache`});
  const ports = {https: {port: 0}, http: {port: 0}, dnsPort: 0};
  const bugs: string[] = [];
  const daemon = await startDaemon({
    version: '1.0.0',
    files,
    ...ports,
    zones: ['test'],
    world: machineWorld(),
    log: line => void bugs.push(line),
  });
  const dispatcher = new Agent({
    connect: {
      ca: readFileSync(daemon.info.rootCertificate, 'utf8'),
      lookup: (_host, _options, done) => done(null, [{address: '127.0.0.1', family: 4}]),
    },
  });
  const clients: ControlClient[] = [];
  const folders = home === undefined ? [data] : [];
  const connect = async (): Promise<ControlClient> => {
    const client = await connectControl(files.socket);
    clients.push(client);
    return client;
  };
  const control = await connect();
  const folder = (): string => {
    const created = temporary('tako-live-project-');
    folders.push(created);
    return created;
  };
  return {
    daemon,
    control,
    dispatcher,
    connect,
    folder,
    find: (name, directory) => createLiveApp(name, directory, {daemon, control, dispatcher}),
    async add(name, contents, {terminal, directory = folder()} = {}) {
      const app = createLiveApp(name, directory, {daemon, control, dispatcher});
      for (const [file, text] of Object.entries(contents)) await app.write(file, text);
      await app.register(terminal);
      return app;
    },
    async close() {
      await dispatcher.destroy();
      for (const client of clients) client.close();
      await daemon.close();
      for (const folder of folders) rmSync(folder, {recursive: true, force: true});
      if (bugs.length > 0) throw new Error(bugs.join('\n'));
    },
  };
}

function createLiveApp(
  name: string,
  directory: string,
  {daemon, control, dispatcher}: Pick<Live, 'daemon' | 'control' | 'dispatcher'>,
): LiveApp {
  const {https, zones} = daemon.info;
  const host = `${name}.test`;
  const status = async (): Promise<AppStatus> => {
    const {apps} = await control.call('list', {});
    const found = apps.find(app => app.name === name);
    if (!found) throw new Error(`${name} is not registered`);
    return found;
  };
  const log = async (): Promise<readonly string[]> => {
    const lines: string[] = [];
    await control.call(
      'logs',
      {name, count: 10_000, follow: false},
      {
        onEvent: event => {
          if (event.type === 'log') lines.push(`${event.line.stream === 'tako' ? 'tako: ' : ''}${event.line.text}`);
        },
      },
    );
    return lines;
  };
  return {
    name,
    host,
    directory,
    async write(file, text) {
      await mkdir(path.dirname(path.join(directory, file)), {recursive: true});
      await writeFile(path.join(directory, file), text);
    },
    remove: file => rmSync(path.join(directory, file)),
    async register(terminal = TERMINAL) {
      const words: readonly string[] = [];
      const wanted: AppRequest = {directory, configFile: null, name, variant: null, words, staticRoutes: [], terminal};
      const project = await projectOf(wanted);
      // As the command does: the file that was found is the one from now on.
      const found: AppRequest = {...wanted, directory: project.directory, configFile: project.configFile ?? null};
      const registration = await resolveRegistration(found, project, zones);
      await control.call('register', {registration});
      return registration;
    },
    async get(target = '/', headers = {}) {
      const answer = await request(`https://${host}:${https.port}${target}`, {dispatcher, headers});
      const body = await answer.body.text();
      return {status: answer.statusCode, type: String(answer.headers['content-type'] ?? ''), body};
    },
    status,
    until: isWanted =>
      eventually(async () => {
        const now = await status();
        if (!isWanted(now)) throw new Error(`${name} is not as wanted: ${JSON.stringify(now)}`);
        return now;
      }),
    log,
    untilLogged: pattern =>
      eventually(async () => {
        const lines = await log();
        if (!lines.some(line => pattern.test(line)))
          throw new Error(`${name} did not say ${pattern}:\n${lines.join('\n')}`);
      }),
  };
}

const temporary = (prefix: string): string => realpathSync(mkdtempSync(path.join(tmpdir(), prefix)));

/** What a browser says of itself when it goes to a page. */
export const NAVIGATION = {accept: 'text/html,application/xhtml+xml', 'sec-fetch-mode': 'navigate'};

/** tako.toml of an app that is the file server.mjs. What is below flags/ is no source. */
export const SERVER_TOML = 'dev = ["node", "server.mjs"]\ngrace_period = "1s"\nignore = ["flags/"]\n';

/**
 * A server that answers with its version and pid (`v1 4711`), on /page with HTML, on /slow later, on /env with its
 * environment, and keeps a WebSocket open. `before` runs before all that.
 */
export const serverOf = (version: string, before = ''): string => `
import {createHash} from 'node:crypto';
import {createServer} from 'node:http';
import {existsSync} from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';
${before}
const server = createServer(async (request, response) => {
  if (request.url === '/page') return response.setHeader('content-type', 'text/html').end('<!doctype html><title>page</title>${version}');
  if (request.url === '/env') return response.end(JSON.stringify(process.env));
  if (request.url === '/exit') process.exit(7);
  if (request.url.startsWith('/until?')) while (!existsSync(request.url.slice('/until?'.length))) await delay(10);
  response.end('${version} ' + process.pid);
});
server.on('upgrade', (request, socket) => {
  const accept = createHash('sha1').update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
  socket.on('error', () => {}).on('end', () => socket.end()).resume();
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: ' + accept + '\\r\\n\\r\\n');
});
server.listen(Number(process.env.PORT), process.env.HOST);
`;

/** Files of an app as `serverOf` makes it. `toml` is added to its tako.toml. */
export const serverFiles = (version: string, toml = '', before = ''): Record<string, string> => ({
  'tako.toml': SERVER_TOML + toml,
  'server.mjs': serverOf(version, before),
});
