import assert from 'node:assert/strict';
import {readdirSync, readFileSync, statSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'vitest';
import {shareTeller} from './teller.js';

// Where secrets must not be: nothing of a real daemon, its app and its commands has their values.

const {machine, project: projectOf, setKey, ask} = shareTeller();

describe('the value of a secret', () => {
  const CANARY = 'canary+value/0123456789"ü';
  /** As it stands in texts, in JSON, and in URLs; its middle part stands for all of them. */
  const TRACE = 'value/0123456789';
  const TRACES = [TRACE, encodeURIComponent(TRACE), Buffer.from(CANARY).toString('base64').slice(0, 20)];
  const hasTrace = (text: string | Buffer): boolean => TRACES.some(trace => text.includes(trace));

  it('is nowhere but in the process of its app', async () => {
    const project = projectOf('canary', '[vars]\nOTHER = "public"\n');
    await setKey(project, CANARY);
    const dev = machine.tako.dev(project.directory);
    await dev.ready();
    assert.equal((await ask('canary', `?q=${encodeURIComponent(CANARY)}`)).given, CANARY);
    const browser = await machine.client();
    const crash = await browser.get('canary.test', '/crash');
    const page = await browser.get('canary.test', '/');
    assert.equal(page.status, 200, 'it has started again');

    const {directory} = project;
    const commands = [
      ['status', '--json'],
      ['dev', 'list', '--json'],
      ['logs', 'canary', '--json'],
      ['logs', 'canary'],
      ['requests', 'canary', '--json'],
      ['secrets', 'list', '--json'],
      ['doctor', '--json'],
    ];
    const outputs = [crash.body, JSON.stringify(dev.events)];
    for (const args of commands) {
      const {stdout, stderr} = await machine.tako.run(args, {cwd: directory});
      outputs.push(stdout, stderr);
    }
    const requests = await machine.tako.run(['requests', 'canary', '--json'], {cwd: directory});
    const ids = requests.stdout.split('\n').flatMap(line => (line === '' ? [] : String(JSON.parse(line).id)));
    assert.ok(ids.length >= 2);
    for (const id of ids) outputs.push((await machine.tako.run(['requests', 'show', id, '--json'])).stdout);
    outputs.push((await machine.tako.run(['requests', 'export', '--har'])).stdout);
    assert.ok(
      outputs.some(text => text.includes('***API_KEY***')),
      'it is masked where it was',
    );
    assert.deepEqual(outputs.filter(hasTrace), []);

    const files = [machine.tako.home, directory].flatMap(folder =>
      readdirSync(folder, {recursive: true, encoding: 'utf8'}).map(file => path.join(folder, file)),
    );
    assert.ok(files.some(file => file.endsWith('registry.sqlite')));
    assert.ok(files.some(file => file.includes('/logs/canary/')));
    const readable = files.filter(file => statSync(file, {throwIfNoEntry: false})?.isFile());
    assert.deepEqual(
      readable.filter(file => hasTrace(readFileSync(file))),
      [],
    );

    const {pid} = await machine.daemonInfo();
    const processes = readdirSync('/proc').filter(name => /^\d+$/.test(name));
    const told = processes.map(name => read(`/proc/${name}/cmdline`)).filter(hasTrace);
    assert.deepEqual(told, []);
    assert.ok(!hasTrace(read(`/proc/${pid}/environ`)), "the daemon's own environment");
  });
});

/** What cannot be read has gone. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
