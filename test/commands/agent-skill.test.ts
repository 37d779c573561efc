import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import {createProject} from '../helpers/project.js';
import {environmentOf, shareClient, shareTako} from '../helpers/shared-tako.js';
import {cli, documentOf, start} from './support.js';

const SKILL = readFileSync(path.resolve(import.meta.dirname, '../../docs/agent-skill/SKILL.md'), 'utf8');

/** The commands in its blocks and sentences, in their order. */
const COMMANDS = [
  ...new Set([...SKILL.matchAll(/(?:^|`)(tako [a-z][^`\n]*--json[^`\n]*)/gm)].map(([, text = '']) => text)),
];

const tako = shareTako();
const client = shareClient(tako);

/** The id of a request that the app was asked. */
async function requestOf(name: string): Promise<string> {
  await client.get(`${name}.test`);
  const {stdout} = await tako.run(['requests', name, '--json']);
  return String(JSON.parse(stdout.split('\n')[0] ?? '').exchange.id);
}

describe('docs/agent-skill/SKILL.md', () => {
  it('is short, and says when it is of use', () => {
    assert.ok(SKILL.split('\n').length < 80);
    assert.match(SKILL, /^---\nname: tako\ndescription: \S.{40,}\n---\n/);
  });

  it('names commands that work, and fields that are there', async () => {
    const {directory, remove} = createProject('skilled');
    onTestFinished(remove);
    assert.ok(COMMANDS.length > 6 && COMMANDS[0] === 'tako ensure --json', COMMANDS.join('\n'));
    const stop = 'tako stop NAME --json';
    for (const command of [...COMMANDS.filter(one => one !== stop), stop]) {
      if (command.startsWith('tako events')) continue;
      const words = command.split(' ').slice(1);
      const id = words.includes('ID') ? await requestOf('skilled') : '';
      const args = words.map(word => (word === 'NAME' ? 'skilled' : word === 'ID' ? id : word));
      const {code, stdout, stderr} = await tako.run(args, {cwd: directory});
      assert.deepEqual([command, code, stdout], [command, 0, stdout], stderr);
    }
    const {apps} = documentOf(await tako.run(['ensure', '--json'], {cwd: directory})) as {apps: object[]};
    for (const field of ['url', 'pid', 'state', 'problem']) assert.ok(field in (apps[0] ?? {}), field);
    const {daemon} = documentOf(await tako.run(['status', '--json'])) as {daemon: object};
    assert.ok('rootCertificate' in daemon);
  });

  it('names events that can be narrowed as it says', async () => {
    const events = start(cli('events', '--json', '--app', 'narrow', '--type', 'status'), {env: environmentOf(tako)});
    const project = createProject('narrow');
    onTestFinished(project.remove);
    await tako.run(['ensure'], {cwd: project.directory});
    await events.until('"state":"ready"');
  });
});
