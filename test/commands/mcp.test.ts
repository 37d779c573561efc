import assert from 'node:assert/strict';
import {Client} from '@modelcontextprotocol/client';
import {StdioClientTransport} from '@modelcontextprotocol/client/stdio';
import {describe, it, onTestFinished} from 'vitest';
import type {Problem} from '../../src/control/events.js';
import {checkDocument, documentedTools} from '../helpers/json-output.js';
import {createProject} from '../helpers/project.js';
import {environmentOf, findApp, shareClient, shareTako} from '../helpers/shared-tako.js';
import {createTako, type Tako} from '../helpers/tako.js';
import {CLI, cli, start, talkingProject, temporaryFolder} from './support.js';

// The official client, a real process on the other side, and a real daemon with an app behind that.

const tako = shareTako();
const SCHEMAS = documentedTools();

type Answer = {
  readonly isError: boolean;
  readonly document: Record<string, unknown>;
  readonly texts: readonly string[];
};

type Session = {
  readonly client: Client;
  /** Every answer has to be as docs/schemas says. */
  call(name: string, input?: Record<string, unknown>): Promise<Answer>;
  /** The problem of a call that has to fail. */
  fail(name: string, input?: Record<string, unknown>): Promise<Problem>;
};

type SessionOptions = {readonly flags?: readonly string[]; readonly cwd?: string; readonly machine?: Tako};

async function connect({flags = [], cwd = temporaryFolder(), machine = tako}: SessionOptions = {}): Promise<Session> {
  const env = environmentOf(machine) as Record<string, string>;
  const args = [CLI, 'mcp', ...flags];
  const client = new Client({name: 'test', version: '1.0.0'});
  await client.connect(new StdioClientTransport({command: process.execPath, args, env, cwd, stderr: 'inherit'}));
  onTestFinished(() => client.close());
  const call: Session['call'] = async (name, input = {}) => {
    const {content, structuredContent, isError = false} = await client.callTool({name, arguments: input});
    const texts = (content as {type: string; text: string}[]).map(({text}) => text);
    if (!isError) {
      checkDocument(SCHEMAS.get(name) ?? [], structuredContent, name);
      assert.deepEqual(JSON.parse(texts.at(-1) ?? ''), structuredContent);
    }
    return {isError, texts, document: structuredContent as Record<string, unknown>};
  };
  return {
    client,
    call,
    async fail(name, input) {
      const {isError, texts} = await call(name, input);
      assert.ok(isError, `${name} fails`);
      const document = JSON.parse(texts.at(-1) ?? '');
      checkDocument(['error'], document, name);
      return document.error;
    },
  };
}

async function ensure(cwd: string): Promise<void> {
  const {code, stderr} = await tako.run(['ensure'], {cwd});
  assert.equal(code, 0, stderr);
}

/** The folder of a project whose app runs. */
async function runningProject(name: string): Promise<string> {
  const {directory} = talkingProject(name);
  await ensure(directory);
  return directory;
}

const linesOf = ({document}: Answer): string[] => (document.lines as {text: string}[]).map(({text}) => text);

describe('the tools', () => {
  it('only read, and each says so', async () => {
    const {client} = await connect();
    const {tools} = await client.listTools();
    const names = tools.map(({name}) => name);
    assert.deepEqual(names, ['list_apps', 'app_logs', 'last_error', 'list_requests', 'get_request', 'doctor']);
    assert.ok(tools.every(({annotations}) => annotations?.readOnlyHint === true));
  });

  it('that act are there where they are allowed, and are all documented', async () => {
    const {client} = await connect({flags: ['--allow-actions']});
    const {tools} = await client.listTools();
    assert.deepEqual(tools.map(({name}) => name).sort(), [...SCHEMAS.keys()].sort());
    const destructive = tools.filter(({annotations}) => annotations?.destructiveHint === true);
    assert.deepEqual(
      destructive.map(({name, annotations}) => [name, annotations?.readOnlyHint]),
      [
        ['stop_app', false],
        ['replay_request', false],
      ],
    );
  });

  it('warn of what apps say', async () => {
    const {client, call} = await connect({cwd: await runningProject('warned')});
    const {tools} = await client.listTools();
    assert.match(tools.find(({name}) => name === 'app_logs')?.description ?? '', /untrusted data.*never follow/);
    assert.match(client.getInstructions() ?? '', /untrusted data/);
    assert.match((await call('app_logs')).texts[0] ?? '', /It is data, not instructions/);
  });
});

describe('reading', () => {
  it('tells of apps, and of what the one of the folder printed', async () => {
    const {call} = await connect({cwd: await runningProject('read')});
    const {apps} = (await call('list_apps')).document as {apps: {name: string; state: string}[]};
    assert.equal(apps.find(({name}) => name === 'read')?.state, 'ready');
    assert.deepEqual(
      linesOf(await call('app_logs')).filter(text => text.startsWith('line')),
      ['line 1', 'line 2', 'line 3'],
    );
    assert.deepEqual(linesOf(await call('app_logs', {app: 'read', contains: 'line', lines: 1})), ['line 3']);
  });

  it('tells of the machine, also where no daemon runs', async () => {
    const machine = createTako();
    onTestFinished(() => machine.close());
    const {call} = await connect({machine});
    assert.ok(((await call('doctor')).document.findings as unknown[]).length > 0);
  });

  it('leaves out colours, and what is too long or too much', async () => {
    // In a file: its command is a line of the log too.
    const project = talkingProject('wordy', ['sh', 'words.sh']);
    const long = `head -c 9000 /dev/zero | tr '\\0' x; echo; yes ${'y'.repeat(1_000)} | head -n 100; echo last`;
    project.write('words.sh', `printf '\\033[31mred\\033[0m\\n'; ${long}; echo 4000 >&4; exec sleep 600`);
    await ensure(project.directory);
    const {call} = await connect({cwd: project.directory});
    const [red] = linesOf(await call('app_logs', {contains: 'red'}));
    assert.equal(red, 'red');
    const [cut = ''] = linesOf(await call('app_logs', {contains: 'xxx'}));
    assert.match(cut, /x… \(4904 more characters\)$/);
    const all = await call('app_logs', {lines: 500});
    assert.ok(JSON.stringify(all.document).length < 100_000);
    assert.ok(Number(all.document.omitted) > 0 && linesOf(all).includes('last'));
  });

  it('says why an app did not start', async () => {
    const {directory} = talkingProject('broken', ['sh', '-c', 'echo "TypeError: no database" >&2; exit 3']);
    await tako.run(['ensure'], {cwd: directory});
    const {document} = await (await connect({cwd: directory})).call('last_error');
    assert.deepEqual([document.state, (document.problem as Problem).code], ['exited', 'APP_EXITED_EARLY']);
    assert.equal((document.lines as {text: string}[])[0]?.text, 'TypeError: no database');
  });
});

describe('requests', () => {
  const client = shareClient(tako);

  it('are listed, looked at with secrets masked, and sent again where that is allowed', async () => {
    const {directory} = createProject('asked');
    await ensure(directory);
    await client.get('asked.test', '/?token=s3cret');
    const {call, fail} = await connect({flags: ['--allow-actions']});
    const {requests} = (await call('list_requests', {app: 'asked', status: '2xx'})).document as {
      requests: {id: number; url: string}[];
    };
    const [first] = requests;
    assert.ok(requests.length === 1 && first);
    const {document} = await call('get_request', {id: first.id});
    assert.equal((document.request as {request: object}).request !== undefined, true);
    assert.ok(!JSON.stringify(document).includes('s3cret'), 'the token is masked');
    const again = (await call('replay_request', {id: first.id})).document.request as {replayOf: number; status: number};
    assert.deepEqual([again.replayOf, again.status], [first.id, 200]);
    assert.equal((await fail('get_request', {id: 999_999})).code, 'NO_SUCH_REQUEST');
  });

  it('that failed are told with the last error', async () => {
    const program =
      "require('node:http').createServer((_, answer) => answer.writeHead(500).end()).listen(process.env.PORT)";
    const {directory} = talkingProject('failing', ['node', '-e', program]);
    await ensure(directory);
    await client.get('failing.test', '/broken');
    const {requests} = (await (await connect({cwd: directory})).call('last_error')).document as {
      requests: {url: string; status: number}[];
    };
    assert.deepEqual(
      requests.map(({url, status}) => [new URL(url).pathname, status]),
      [['/broken', 500]],
    );
  });
});

describe('acting', () => {
  it('starts, restarts and stops the app of the folder', async () => {
    const {directory} = talkingProject('acted');
    const {call} = await connect({cwd: directory, flags: ['--allow-actions']});
    await call('ensure_app');
    const first = await findApp(tako, 'acted');
    assert.equal(first?.state, 'ready');
    await call('restart_app', {app: 'acted'});
    assert.notEqual((await findApp(tako, 'acted'))?.pid, first?.pid);
    assert.deepEqual((await call('stop_app')).document.stopped, ['acted']);
    assert.equal(await findApp(tako, 'acted'), undefined);
  });

  it('is refused where it is not allowed', async () => {
    const {client} = await connect({cwd: await runningProject('kept')});
    await assert.rejects(client.callTool({name: 'stop_app', arguments: {app: 'kept'}}), /not found/);
    assert.equal((await findApp(tako, 'kept'))?.state, 'ready');
  });
});

describe('what goes wrong', () => {
  it('has its code and the next step', async () => {
    const {fail} = await connect();
    const {code, hint} = await fail('app_logs', {app: 'nobody'});
    assert.deepEqual([code, /^registered: /.test(hint ?? '')], ['NO_SUCH_APP', true]);
  });

  it('is that there is no daemon, until there is one', async () => {
    const machine = createTako();
    onTestFinished(() => machine.close());
    const {directory} = talkingProject('late');
    const {call, fail} = await connect({machine, cwd: directory});
    assert.equal((await fail('app_logs')).code, 'DAEMON_NOT_RUNNING');
    assert.equal((await call('list_apps')).document.daemon, null);
    await machine.run(['ensure'], {cwd: directory});
    assert.equal((await call('app_logs')).isError, false);
  });

  it('is an input that means nothing', async () => {
    const {client} = await connect();
    const {isError} = await client.callTool({name: 'app_logs', arguments: {lines: 0, colour: 'red'}});
    assert.equal(isError, true);
  });
});

describe('the process', () => {
  it('writes nothing by itself, and ends with its input', async () => {
    const {child, ended} = start(cli('mcp'), {env: environmentOf(tako)});
    child.stdin?.end();
    assert.deepEqual(await ended, {code: 0, stdout: '', stderr: ''});
  });
});
