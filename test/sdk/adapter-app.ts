// Apps of the adapters' frameworks, with this package in them as npm would install it.

import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {type IncomingHttpHeaders, request} from 'node:http';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {promisify} from 'node:util';
import {type ClientOptions, WebSocket} from 'ws';
import {setSecrets} from '../../src/secrets/change-secrets.js';
import {openKeyFiles} from '../../src/secrets/keys/key-files.js';
import {terminalEnvironment} from '../frameworks/terminal.js';
import type {Tako} from '../helpers/tako.js';

const REPOSITORY = path.resolve(import.meta.dirname, '../..');

export type AdapterApp = {
  readonly folder: string;
  read(file: string): string;
  write(file: string, text: string): void;
  remove(): void;
};

/** Those of these packages are this repository's own. */
export function makeApp(files: Readonly<Record<string, string>>, packages: readonly string[] = []): AdapterApp {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'tako-adapter-')));
  const app = appAt(folder);
  for (const [file, text] of Object.entries(files)) app.write(file, text);
  addTako(folder);
  for (const name of packages) symlinkSync(path.join(REPOSITORY, 'node_modules', name), inModules(folder, name));
  mkdirSync(inModules(folder, '.bin'));
  if (packages.includes('vite')) symlinkSync('../vite/bin/vite.js', inModules(folder, '.bin/vite'));
  return app;
}

export function appAt(folder: string): AdapterApp {
  return {
    folder,
    read: file => readFileSync(path.join(folder, file), 'utf8'),
    write(file, text) {
      mkdirSync(path.dirname(path.join(folder, file)), {recursive: true});
      writeFileSync(path.join(folder, file), text);
    },
    remove: () => rmSync(folder, {recursive: true, force: true}),
  };
}

const inModules = (folder: string, name: string): string => path.join(folder, 'node_modules', name);

/** What an app has of this package: a copy, as a link is not what bundlers find in an installed app. */
export function addTako(folder: string): void {
  const place = inModules(folder, 'tako.sh');
  rmSync(place, {recursive: true, force: true});
  mkdirSync(place, {recursive: true});
  cpSync(path.join(REPOSITORY, 'package.json'), path.join(place, 'package.json'));
  cpSync(path.join(REPOSITORY, 'dist/sdk'), path.join(place, 'dist/sdk'), {recursive: true});
}

/** Runs a program of the app's packages to its end, as in a terminal. Answers what it printed. */
export async function runProgram({folder}: AdapterApp, program: string, ...args: readonly string[]): Promise<string> {
  const env = {...terminalEnvironment(), CI: '1', NEXT_TELEMETRY_DISABLED: '1', ASTRO_TELEMETRY_DISABLED: '1'};
  const file = inModules(folder, program);
  try {
    const {stdout, stderr} = await promisify(execFile)(process.execPath, [file, ...args], {cwd: folder, env});
    return stdout + stderr;
  } catch (error) {
    const {stdout = '', stderr = ''} = error as {stdout?: string; stderr?: string};
    throw new Error(`${program} ${args.join(' ')}: ${stdout}\n${stderr}`, {cause: error});
  }
}

/** As `tako secrets set` does for development. */
export const setSecret = ({folder}: AdapterApp, {home}: Tako, name: string, value: string): Promise<unknown> =>
  setSecrets({projectDirectory: folder, keys: openKeyFiles(home), dataFolder: home}, 'development', [
    {name, value, expiresOn: null},
  ]);

export type Reply = {readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string};

type Fields = Readonly<Record<string, string>>;

/** Asks the app itself, as tako would. */
export const ask = (port: number, target: string, headers: Fields = {}): Promise<Reply> =>
  send('GET', port, target, headers);

export const post = (port: number, target: string, headers: Fields): Promise<Reply> =>
  send('POST', port, target, headers);

function send(method: string, port: number, path: string, headers: Fields): Promise<Reply> {
  return new Promise((resolve, reject) => {
    request({host: '127.0.0.1', method, port, path, headers, agent: false}, response => {
      const chunks: Buffer[] = [];
      response.on('data', chunk => chunks.push(chunk)).on('error', reject);
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        resolve({status: response.statusCode ?? 0, headers: response.headers, body});
      });
    })
      .on('error', reject)
      .end();
  });
}

/** What tako writes to a request for a name. */
export const through = (host: string): Readonly<Record<string, string>> => ({
  host,
  'x-forwarded-proto': 'https',
  'x-forwarded-host': host,
});

/** Fails unless the app answers tako's own question. */
export async function assertHealthy(port: number, app = 'web'): Promise<void> {
  const question = {host: `${app}.tako`, 'x-tako-internal-token': 'token'};
  const {status, headers, body} = await ask(port, '/status', question);
  assert.deepEqual([status, headers['x-tako-internal-token']], [200, 'token'], body);
  assert.equal(JSON.parse(body).status, 'healthy', body);
}

/** Opens a WebSocket as a page of an app under tako does. */
export function openSocket(url: string, target: string, rootCertificate: string, ...protocols: string[]): WebSocket {
  const {host, hostname, port, origin} = new URL(url);
  const options = {headers: {host}, origin, servername: hostname, ca: readFileSync(rootCertificate)};
  return new WebSocket(`wss://127.0.0.1:${port || 443}${target}`, protocols, options as ClientOptions);
}

/** Sends a text over a WebSocket of the app and answers what comes back. */
export function echo(port: number, target: string, headers: Readonly<Record<string, string>>): Promise<string> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${target}`, {headers});
  return new Promise<string>((resolve, reject) => {
    socket.on('open', () => socket.send('hello')).on('error', reject);
    socket.on('message', data => resolve(String(data)));
  }).finally(() => socket.terminate());
}
