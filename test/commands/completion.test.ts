import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {promisify} from 'node:util';
import {beforeAll, describe, it, onTestFinished} from 'vitest';
import {eventually} from '../helpers/eventually.js';
import {visibleCommands} from '../helpers/json-output.js';
import {createProject} from '../helpers/project.js';
import {environmentOf, shareTako} from '../helpers/shared-tako.js';
import {requires} from '../helpers/system-parts.js';
import {createTako} from '../helpers/tako.js';
import {CLI, temporaryFolder} from './support.js';

const run = promisify(execFile);

// One daemon, with one app that has a telling name; it is not the only one.
const tako = shareTako();
beforeAll(async () => {
  const project = createProject('wombat');
  const {code, stderr} = await tako.run(['ensure'], {cwd: project.directory});
  assert.equal(code, 0, stderr);
  return project.remove;
});

/** What `tako __complete` says the last word may become. */
async function candidates(...words: string[]): Promise<string[]> {
  const {code, stdout, stderr} = await tako.run(['__complete', '--', ...words]);
  assert.deepEqual([code, stderr], [0, '']);
  return stdout
    .split('\n')
    .slice(0, -1)
    .map(line => line.split('\t')[0] ?? '');
}

describe('a word of a command line', () => {
  it('may be any command, with what it does', async () => {
    const commands = visibleCommands().filter(([name]) => !name.includes(' '));
    const {stdout} = await tako.run(['__complete', '--', '']);
    for (const [name, command] of commands) assert.ok(stdout.includes(`${name}\t${command.description()}\n`), name);
    assert.doesNotMatch(stdout, /daemon\t|__complete/);
  });

  it.each<[string[], string[]]>([
    [['sta'], ['status', 'start']],
    [
      ['servers', 're'],
      ['reload', 'remove'],
    ],
    [
      ['events', '--'],
      ['--app', '--type', '--json', '--help'],
    ],
    [
      ['events', '--type', ''],
      ['status', 'log', 'request', 'notice'],
    ],
    [['events', '--type', 'log', 'no'], ['notice']],
    [['events', '--type=re'], ['--type=request']],
    [['proxy', '--lb', 'r'], ['round-robin']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['dev', '--config', ''], [':files']],
    [['init', ''], [':folders']],
    [['run', ''], [':files']],
    [['run', 'ls', '--'], [':files']],
    [['status', '--', '--'], []],
    [['no-such-command', '--nor-flag', ''], []],
  ])('after %j is one of %j', async (words, expected) => {
    assert.deepEqual(await candidates(...words), expected);
  });

  it('may be the name of an app, also where others come before it', async () => {
    assert.deepEqual(await candidates('stop', 'wom'), ['wombat']);
    assert.ok((await candidates('restart', '')).includes('wombat'));
    assert.deepEqual(await candidates('ensure', 'one', 'w'), ['wombat']);
    assert.deepEqual(await candidates('logs', '-n', '5', '--follow', 'w'), ['wombat']);
    assert.deepEqual(await candidates('events', '--app=w'), ['--app=wombat']);
  });

  it('may be an app of the workspace, an environment of the project, or a server', async () => {
    const folder = temporaryFolder();
    const write = (file: string, text: string): void => {
      mkdirSync(path.dirname(path.join(folder, file)), {recursive: true});
      writeFileSync(path.join(folder, file), text);
    };
    write('package.json', '{"workspaces": ["apps/*"]}');
    write('apps/shop/package.json', '{"name": "shop"}');
    write('apps/shop/tako.toml', 'name = "shop"\n[envs.production]\nroute = "shop.example.com"\n');
    const of = async (cwd: string, ...words: string[]): Promise<string> =>
      (await tako.run(['__complete', '--', ...words], {cwd: path.join(folder, cwd)})).stdout;
    assert.match(await of('.', 'dev', ''), /^shop\t/m);
    assert.match(await of('apps/shop', 'deploy', '--env', 'p'), /^production\t\n$/);
    writeFileSync(
      path.join(tako.home, 'servers.toml'),
      '[[servers]]\nname = "one"\nhost = "10.0.0.1"\nroot = "/opt/tako"\nplatform = "linux-x64"\n',
    );
    assert.equal(await of('.', 'servers', 'status', ''), 'one\t10.0.0.1\n');
    assert.equal(await of('.', 'deploy', '--server', ''), 'one\t10.0.0.1\n');
  });

  it('is none of an app where no daemon runs, and none is started', async () => {
    const other = createTako();
    onTestFinished(() => other.close());
    assert.deepEqual(await other.run(['__complete', '--', 'stop', '']), {code: 0, stdout: '', stderr: ''});
    assert.equal((await other.status()).daemon, null);
  });
});

/** A folder with `tako` in it, as on a user's path. */
function environmentWithTako(): NodeJS.ProcessEnv {
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, 'tako'), `#!/bin/sh\nexec '${process.execPath}' '${CLI}' "$@"\n`, {mode: 0o755});
  return {
    ...environmentOf(tako),
    PATH: `${folder}:${process.env.PATH}`,
    HOME: folder,
    TERM: 'xterm',
    HISTFILE: '/dev/null',
  };
}

/** A shell in a terminal, with completion set up as docs/completion.md says. */
async function openShell(command: string, setUp: string) {
  // A server of its own: one that the last test has told to end would still take the next session, and drop it.
  const socket = path.join(temporaryFolder(), 'tmux');
  const tmux = (...args: string[]) =>
    run('tmux', ['-S', socket, '-f', '/dev/null', ...args], {env: environmentWithTako()});
  await tmux('new-session', '-d', '-x', '120', '-y', '40', command);
  onTestFinished(async () => void (await tmux('kill-server')));
  const type = (...keys: string[]) => tmux('send-keys', ...keys);
  const screen = async (): Promise<string> => (await tmux('capture-pane', '-p')).stdout;
  const sees = (text: RegExp): Promise<void> =>
    eventually(async () => assert.match(await screen(), text), {everyMs: 100});
  await type('-l', `PS1='ready> '; ${setUp}`);
  await type('Enter');
  await sees(/^ready>$/m);
  return {
    /** Types, presses Tab until the line is as it should be, and begins a new line. */
    async completes(typed: string, expected: RegExp): Promise<void> {
      await type('-l', typed);
      await type('Tab');
      await sees(expected);
      // Not C-c: bash loses one that comes while it still completes.
      await type('C-e', 'C-u', 'C-l');
      await sees(/^ready>\s*$/);
    },
  };
}

describe.skipIf(requires('bash', 'tmux'))('bash (needs bash and tmux)', () => {
  it('completes commands, flags, their values, apps and files', async () => {
    const {completes} = await openShell('bash --norc --noprofile', 'source <(tako completion bash)');
    await completes('tako vers', /^ready> tako version$/m);
    await completes('tako stop wo', /^ready> tako stop wombat$/m);
    await completes('tako events --ty', /^ready> tako events --type$/m);
    await completes('tako events --type=req', /^ready> tako events --type=request$/m);
    await completes('tako dev --config /etc/passw', /^ready> tako dev --config \/etc\/passwd/m);
  });
});

describe.skipIf(requires('zsh', 'tmux'))('zsh (needs zsh and tmux)', () => {
  it('completes commands, flags, their values, apps and files', async () => {
    const setUp = 'autoload -Uz compinit && compinit -D && source <(tako completion zsh)';
    const {completes} = await openShell('zsh -f', setUp);
    await completes('tako vers', /^ready> tako version$/m);
    await completes('tako stop wo', /^ready> tako stop wombat$/m);
    await completes('tako events --ty', /^ready> tako events --type$/m);
    await completes('tako events --type=req', /^ready> tako events --type=request$/m);
    await completes('tako dev --config /etc/passw', /^ready> tako dev --config \/etc\/passwd/m);
  });
});

describe.skipIf(requires('fish'))('fish (needs fish)', () => {
  it('completes commands, flags, their values, apps and files', async () => {
    const env = environmentWithTako();
    const ask = async (line: string): Promise<string> =>
      (await run('fish', ['--no-config', '-c', `tako completion fish | source; complete -C '${line}'`], {env})).stdout;
    assert.equal(await ask('tako vers'), 'version\tprint the version\n');
    assert.match(await ask('tako stop '), /^wombat\tready https:/m);
    assert.match(await ask('tako events --ty'), /^--type\t/);
    assert.equal(await ask('tako events --type req'), 'request\n');
    assert.equal(await ask('tako events --type=req'), '--type=request\n');
    assert.match(await ask('tako dev --config /etc/pass'), /^\/etc\/passwd$/m);
  });
});
