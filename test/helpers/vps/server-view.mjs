// Runs on a server, with the Node that tako has there: all that is on its disk and in its memory of tako, as one line of JSON.

import {readdirSync, readFileSync, readlinkSync} from 'node:fs';
import path from 'node:path';
import {DatabaseSync} from 'node:sqlite';

const ROOT = '/opt/tako';

console.log(JSON.stringify({...readState(), ...readProcesses(), ...readDisk(), groups: readGroups()}));

function readState() {
  const database = new DatabaseSync(path.join(ROOT, 'state/server.sqlite'), {readOnly: true});
  const all = query => database.prepare(query).all();
  const state = {
    deployments: all('SELECT app, environment, scale, is_stopped FROM deployments'),
    releases: all('SELECT id, state FROM releases ORDER BY place DESC'),
    routes: all('SELECT host, path, app FROM routes'),
    jobs: all("SELECT id, kind, step FROM jobs WHERE state = 'running'"),
  };
  database.close();
  return state;
}

function readProcesses() {
  const users = Object.values(JSON.parse(readFileSync(path.join(ROOT, 'holder/users.json'), 'utf8'))).map(
    ({uid}) => uid,
  );
  const processes = readdirSync('/proc').flatMap(entry => (/^\d+$/.test(entry) ? readProcess(Number(entry)) : []));
  return {
    apps: processes.filter(({user}) => users.includes(user)),
    holders: processes.filter(({words}) => words.endsWith('server.mjs hold')).map(({pid}) => pid),
    connections: processes.filter(({words}) => / connect$/.test(words)).map(({pid}) => pid),
    servers: processes.filter(({words}) => words.endsWith('server.mjs serve')).map(({pid}) => pid),
  };
}

function readProcess(pid) {
  const read = file => readFileSync(`/proc/${pid}/${file}`, 'utf8');
  try {
    const status = read('status');
    if (/^State:\s+Z/m.test(status)) return [];
    const [user] = /^Uid:\s+(\d+)/m.exec(status)?.slice(1).map(Number) ?? [0];
    const release = /(?:^|\0)TAKO_BUILD=([^\0]*)/.exec(read('environ'))?.[1] ?? '';
    return [{pid, user, release, words: read('cmdline').split('\0').join(' ').trim()}];
  } catch {
    return [];
  }
}

function readDisk() {
  const releases = path.join(ROOT, 'apps/shop/production/releases');
  const folders = namesIn(releases);
  return {
    whole: folders.filter(name => namesIn(path.join(releases, name)).includes('prepared')),
    // What was not finished, or belongs to processes that have gone.
    leftovers: [
      ...folders.filter(name => !namesIn(path.join(releases, name)).includes('prepared')),
      ...namesIn(path.join(ROOT, 'objects/tmp')).map(name => `objects/tmp/${name}`),
      ...['manifests', 'state', 'holder', 'run', 'apps/shop/production'].flatMap(folder =>
        namesIn(path.join(ROOT, folder))
          .filter(name => /\.(tmp|new)$/.test(name))
          .map(name => `${folder}/${name}`),
      ),
      ...namesIn(path.join(ROOT, 'run')).filter(
        name => /^control\.\d+\.sock$/.test(name) && name !== readlinkSync(path.join(ROOT, 'run/control.sock')),
      ),
    ],
  };
}

/** Control groups of apps, each once whatever trees it is in. */
function readGroups() {
  const folders = readdirSync('/sys/fs/cgroup', {recursive: true}).map(file => path.basename(String(file)));
  return [...new Set(folders.filter(name => name.startsWith('app-')))];
}

function namesIn(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
