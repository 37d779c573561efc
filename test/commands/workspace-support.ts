import {mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {onTestFinished} from 'vitest';
import type {TestProject} from '../helpers/project.js';

/** A folder with these files; it goes with the test. */
export function projectOf(files: Readonly<Record<string, string>>): TestProject {
  const directory = realpathSync(mkdtempSync(path.join(tmpdir(), 'tako-workspace-')));
  const write = (file: string, text: string): void => {
    const target = path.join(directory, file);
    mkdirSync(path.dirname(target), {recursive: true});
    writeFileSync(target, text);
  };
  for (const [file, text] of Object.entries(files)) write(file, text);
  const remove = (): void => rmSync(directory, {recursive: true, force: true});
  onTestFinished(remove);
  return {directory, write, remove};
}

/** Answers with its name, and on /api with what the app `api` of its workspace answers. */
export const SERVER = `
import {createServer} from 'node:http';
import {request} from 'node:https';

// The name resolves nowhere on a machine without tako's DNS.
const askApi = () => new Promise((resolve, reject) => {
  const {host, hostname, port} = new URL(process.env.TAKO_URL_API);
  const options = {host: '127.0.0.1', port, servername: hostname, headers: {host}, rejectUnauthorized: false};
  request(options, async answer => resolve(Buffer.concat(await answer.toArray()).toString())).on('error', reject).end();
});
console.log('listens as ' + process.env.npm_package_name);
createServer(async (request, response) => {
  const {npm_package_name: name, TAKO_DATA_DIR} = process.env;
  if (request.url === '/api') response.end(name + ' asked: ' + (await askApi()));
  else if (request.url === '/data') response.end(TAKO_DATA_DIR);
  else response.end(name + ' in ' + process.cwd());
}).listen(process.env.PORT, process.env.HOST);
`;

const packageOf = (name: string): string => JSON.stringify({name, private: true, scripts: {dev: 'node server.mjs'}});

/** The files of one app that `npm run dev` starts. */
export const appFiles = (name: string, folder = '', toml = ''): Record<string, string> => ({
  [path.join(folder, 'package.json')]: packageOf(name),
  [path.join(folder, 'server.mjs')]: SERVER,
  ...(toml === '' ? {} : {[path.join(folder, 'tako.toml')]: toml}),
});

export const WORKSPACE_ROOT = {'package.json': JSON.stringify({name: 'acme', private: true, workspaces: ['apps/*']})};

/** A workspace of npm with the apps api and web, of which web needs api. */
export const workspaceOfTwo = (): TestProject =>
  projectOf({
    ...WORKSPACE_ROOT,
    ...appFiles('api', 'apps/api'),
    ...appFiles('web', 'apps/web', 'depends_on = ["api"]\n'),
    'apps/lib/package.json': JSON.stringify({name: 'lib', scripts: {build: 'tsc'}}),
  });
