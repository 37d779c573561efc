import {type AdapterApp, makeApp} from '../adapter-app.js';

/** A page with a script of its own, and a server with all that a server can have. */
const FILES = {
  'package.json': JSON.stringify({name: 'shop', private: true, type: 'module', dependencies: {'tako.sh': '*'}}),
  'vite.config.ts': `
    import {tako} from 'tako.sh/vite';
    export default {plugins: [tako({server: 'src/server.ts'})], environments: {client: {build: {rollupOptions: {input: ['index.html', 'about.html']}}}}};`,
  'index.html': '<!doctype html><h1>Shop</h1><script type="module" src="/src/main.ts"></script>',
  'about.html': '<!doctype html><h1>About</h1>',
  'public/robots.txt': 'User-agent: *\n',
  'src/main.ts': `document.title = 'a page with a script';`,
  'src/greeting.ts': `export const greeting = 'hello';`,
  'src/server.ts': `
    import {tako} from 'tako.sh';
    import {readPage} from 'tako.sh/vite/server';
    import {greeting} from './greeting.ts';

    let isReady = false;
    export default {
      async ready() {
        await new Promise(resolve => setTimeout(resolve, 20));
        isReady = true;
      },
      async fetch(request: Request, server: {upgrade(request: Request): boolean}) {
        const {pathname} = new URL(request.url);
        if (pathname === '/api') {
          return Response.json({greeting, isReady, url: request.url, secret: tako.secrets.API_KEY, port: tako.port});
        }
        if (pathname === '/pid') return Response.json(process.pid);
        if (pathname === '/socket') return server.upgrade(request) ? undefined : new Response('no socket', {status: 426});
        if (pathname === '/fail') throw new Error('as it was asked to');
        if (pathname.startsWith('/shop/')) {
          return new Response(await readPage(), {headers: {'content-type': 'text/html'}});
        }
        return new Response('nothing here', {status: 404});
      },
      websocket: {
        message: (socket: {send(text: string): void}, text: string) => socket.send(\`\${greeting} \${text}\`),
      },
    };`,
} as const;

export const makeViteApp = (files: Readonly<Record<string, string>> = {}): AdapterApp =>
  makeApp({...FILES, ...files}, ['vite']);

export const VITE = 'vite/bin/vite.js';

/** What it is started with. */
export const BOOTSTRAP = {token: 'token', secrets: {API_KEY: 'the key of the shop'}, storages: {}};
