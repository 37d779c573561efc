import {afterAll} from 'vitest';
import {setSecrets} from '../../src/secrets/change-secrets.js';
import {openKeyFiles} from '../../src/secrets/keys/key-files.js';
import {createDevMachine, type DevMachine} from '../helpers/dev-machine.js';
import type {TestProject} from '../helpers/project.js';

// An app that tells its secrets, under a real daemon.

/** Answers with what it was given, and says it too; ends with it in its last words when it is asked to. */
const TELLER = `import {createServer} from 'node:http';
import {readFileSync} from 'node:fs';
const {secrets} = JSON.parse(readFileSync(3, 'utf8'));
const {API_KEY} = secrets;
console.log('my key is ' + (API_KEY ?? process.env.API_KEY));
console.log(JSON.stringify({level: 'info', key: process.env.API_KEY}));
createServer((request, response) => {
  if (request.url.startsWith('/crash')) {
    console.error(new Error('crashed with ' + API_KEY));
    process.exit(1);
  }
  response.setHeader('x-teller', encodeURIComponent(String(API_KEY)));
  response.end(JSON.stringify({given: API_KEY, set: process.env.API_KEY}));
}).listen(process.env.PORT, '127.0.0.1');
`;

export type Teller = {
  /** The machine that all tests of the file share. */
  readonly machine: DevMachine;
  /** A project of that app. */
  project(name: string, toml?: string): TestProject;
  setKey(project: TestProject, value: string): Promise<void>;
  ask(name: string, query?: string): Promise<{readonly given?: string; readonly set?: string}>;
};

/** One daemon for all tests of a file. */
export function shareTeller(): Teller {
  const machine = createDevMachine();
  afterAll(() => machine.close());
  return {
    machine,
    project(name, toml = '') {
      const project = machine.project(name);
      project.write('app.mjs', TELLER);
      project.write('tako.toml', `name = "${name}"\ndev = ["node", "app.mjs"]\n${toml}`);
      return project;
    },
    setKey: (project, value) =>
      setSecrets(placeOf(machine, project), 'development', [{name: 'API_KEY', value, expiresOn: null}]),
    async ask(name, query = '') {
      const browser = await machine.client();
      return JSON.parse((await browser.get(`${name}.test`, `/${query}`)).body);
    },
  };
}

export const placeOf = ({tako}: DevMachine, {directory}: TestProject) => ({
  projectDirectory: directory,
  keys: openKeyFiles(tako.home),
  dataFolder: tako.home,
});
