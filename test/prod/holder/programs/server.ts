// A server process that does what it is asked over HTTP on the holder's socket. Its second argument is a file that says
// how it is to fail.
import {readFileSync} from 'node:fs';
import {createServer, type IncomingMessage} from 'node:http';
import {Server} from 'node:net';
import {connectHolder} from '../../../../src/prod/holder/holder-client.js';
import type {Isolation} from '../../../../src/prod/holder/isolation.js';
import type {LaunchSpec} from '../../../../src/supervisor/launch-spec.js';
import {createSupervisor} from '../../../../src/supervisor/supervisor.js';
import {systemClock} from '../../../../src/system/clock.js';

const mode = readFileSync(process.argv[2] ?? '', 'utf8').trim();
if (mode === 'exits') {
  console.error('the self-check failed: no certificate');
  process.exit(3);
}
const holder = await connectHolder();
if (mode === 'hangs') await new Promise(resolve => setTimeout(resolve, 2 ** 30));

const isolations = new Map<string, Isolation>();
/** Apps that end with this process. */
const own = new Set<string>();
const NOT_ISOLATED: Isolation = {
  uid: undefined,
  gid: undefined,
  cgroup: undefined,
  limits: {memoryBytes: null, processes: null, openFiles: null},
};
const supervisor = createSupervisor({
  clock: systemClock,
  spawn: async (spec, id) => {
    const isolation = isolations.get(spec.app) ?? NOT_ISOLATED;
    const {user} = holder.isIsolated && isolation.uid === undefined ? await holder.prepare('test/own') : {};
    return holder.spawnApp(
      spec,
      id,
      {...isolation, ...user},
      {
        meta: {app: spec.app, isolation},
        isHandedOver: !own.has(spec.app),
      },
    );
  },
});

type Asked = {
  readonly spec: LaunchSpec;
  readonly isolation?: Isolation;
  readonly isHandedOver?: boolean;
  readonly deployment?: string;
  readonly name?: string;
  readonly url?: string;
  readonly value?: unknown;
};

const actions: Record<string, (asked: Asked) => unknown> = {
  '/facts': () => ({
    pid: process.pid,
    uid: process.getuid?.(),
    limitsBy: holder.limitsBy,
    isIsolated: holder.isIsolated,
  }),
  '/start': ({spec, isolation, isHandedOver = true}) => {
    if (!isHandedOver) own.add(spec.app);
    if (isolation) isolations.set(spec.app, isolation);
    return supervisor.start(spec);
  },
  '/stop': ({spec}) => supervisor.stop(spec.app),
  '/instance': ({spec}) => supervisor.instance(spec.app),
  '/lines': ({spec}) =>
    supervisor
      .logs(spec.app)
      .since(0)
      .lines.map(({stream, text}) => [stream, text]),
  '/wait': async ({spec, url = '/'}) => {
    const instance = supervisor.instance(spec.app);
    const port = 'endpoint' in instance ? instance.endpoint.port : 0;
    return (await fetch(`http://127.0.0.1:${port}${url}`)).text();
  },
  '/prepare': ({deployment = ''}) => holder.prepare(deployment),
  '/erase': ({deployment = ''}) => holder.erase(deployment),
  '/leave': ({name = '', value}) => holder.setBaggage(name, value),
  '/find': ({name = ''}) => holder.baggage(name),
  '/reload': () => holder.reload(),
  '/refuse': () => holder.onReloadWanted(() => Promise.reject(new Error('a deploy is under way'))),
  '/shutdown': () => holder.shutdown(),
};

const server = createServer(async (request, response) => {
  response.setHeader('connection', 'close');
  try {
    const action = actions[request.url ?? ''];
    const result = action ? await action(await readBody(request)) : null;
    response.end(JSON.stringify({result: result ?? null}));
  } catch (error) {
    const {code = null, message, exit = null, details = []} = error as Record<string, unknown>;
    response.end(JSON.stringify({error: {code, message, exit, details}}));
  }
});

async function readBody(request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const asked = JSON.parse(Buffer.concat(chunks).toString() || '{}');
  return asked.spec ? {...asked, spec: {...asked.spec, port: asked.spec.port ?? undefined}} : asked;
}

holder.onDrain(() => {
  // Not http's own close, which cuts off whoever has connected and not asked yet.
  Server.prototype.close.call(server, () => process.exit(0));
});
for (const {app, spec, endpoint, startedAt, meta} of await holder.ready()) {
  const {isolation} = meta as {isolation: Isolation};
  isolations.set(spec.app, isolation);
  supervisor.adopt(spec, app, endpoint, startedAt).catch(() => {});
}
server.listen({fd: holder.sockets.http?.[0]?.fd}, () => holder.accepting());
