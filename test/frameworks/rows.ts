import type {Row} from './row.js';

const npm = (name: string) => ({of: 'npm', name}) as const;
const python = (name: string) => ({of: 'python', name}) as const;

/** Edits the line of a fixture that its page shows. */
const editHello = (file: string) => ({file, before: 'Hello from', after: 'Edited under'}) as const;

const FORM = {button: 'Send', text: 'the form was accepted'} as const;

/** Made by their own generators. */
const GENERATED: readonly Row[] = [
  {
    id: 'vite-react',
    framework: 'Vite with React',
    versions: [npm('vite'), npm('react')],
    source: {generator: ['create-vite@latest', 'vite-react', '--template', 'react-ts', '--no-interactive']},
    isQuick: true,
    text: 'Get started',
    edit: {file: 'src/App.tsx', before: 'Get started', after: 'Edited under tako'},
    update: 'state kept',
    refusal: {status: 403},
  },
  {
    id: 'vite-vue',
    framework: 'Vite with Vue',
    versions: [npm('vite'), npm('vue')],
    source: {generator: ['create-vite@latest', 'vite-vue', '--template', 'vue-ts', '--no-interactive']},
    text: 'Get started',
    edit: {file: 'src/components/HelloWorld.vue', before: 'Get started', after: 'Edited under tako'},
    update: 'state kept',
    refusal: {status: 403},
  },
  {
    id: 'vite-svelte',
    framework: 'Vite with Svelte',
    versions: [npm('vite'), npm('svelte')],
    source: {generator: ['create-vite@latest', 'vite-svelte', '--template', 'svelte-ts', '--no-interactive']},
    text: 'Get started',
    edit: {file: 'src/App.svelte', before: 'Get started', after: 'Edited under tako'},
    update: 'page kept',
    refusal: {status: 403},
  },
  next('next-16', '16', {isQuick: true, refusal: {status: 403, path: '/_next/static/chunks/main.js'}}),
  next('next-15', '15'),
  {
    id: 'sveltekit',
    framework: 'SvelteKit',
    versions: [npm('@sveltejs/kit'), npm('vite')],
    source: {
      generator: [
        'sv@latest',
        'create',
        'sveltekit',
        '--template',
        'minimal',
        '--types',
        'ts',
        '--no-add-ons',
        '--no-install',
      ],
      addedFixture: 'sveltekit-form',
    },
    text: 'Welcome to SvelteKit',
    edit: {file: 'src/routes/+page.svelte', before: 'Welcome to SvelteKit', after: 'Edited under tako'},
    update: 'page kept',
    refusal: {status: 403},
    form: {path: '/form', ...FORM},
  },
  {
    id: 'angular',
    framework: 'Angular',
    versions: [npm('@angular/core')],
    source: {
      generator: ['@angular/cli@latest', 'new', 'angular', '--defaults', '--skip-git', '--skip-install', '--ssr=false'],
    },
    text: 'Hello, angular',
    edit: {file: 'src/app/app.html', before: 'Hello, {{ title() }}', after: 'Edited under tako'},
    update: 'page kept',
    refusal: {status: 403},
  },
  {
    id: 'nest',
    framework: 'NestJS',
    versions: [npm('@nestjs/core')],
    source: {
      generator: ['@nestjs/cli@latest', 'new', 'nest', '--skip-git', '--skip-install', '--package-manager', 'npm'],
    },
    text: 'Hello World!',
    edit: {file: 'src/app.service.ts', before: 'Hello World!', after: 'Edited under tako'},
    update: 'reloaded by tako',
    note: '`nest start --watch` restarts by itself',
  },
];

function next(id: string, major: string, more: Partial<Row> = {}): Row {
  return {
    id,
    framework: `Next.js ${major}`,
    versions: [npm('next'), npm('react')],
    source: {
      // Without --empty its page asks for a Google font, and needs the internet.
      generator: [
        `create-next-app@${major}`,
        id,
        '--empty',
        '--ts',
        '--app',
        '--yes',
        '--use-npm',
        '--skip-install',
        '--disable-git',
      ],
      addedFixture: 'next-form',
    },
    text: 'Hello world!',
    edit: {file: 'app/page.tsx', before: 'Hello world!', after: 'Edited under tako'},
    update: 'page kept',
    form: {path: '/form', ...FORM},
    ...more,
  };
}

/** Whose generators need the internet, or which have none. */
const FIXTURES: readonly Row[] = [
  {
    id: 'astro',
    framework: 'Astro',
    versions: [npm('astro'), npm('vite')],
    source: {fixture: 'astro'},
    text: 'Hello from Astro',
    edit: editHello('src/pages/index.astro'),
    update: 'reloaded',
    refusal: {status: 403},
  },
  {
    id: 'nuxt',
    framework: 'Nuxt',
    versions: [npm('nuxt'), npm('vite')],
    source: {fixture: 'nuxt'},
    text: 'Hello from Nuxt',
    edit: editHello('app/app.vue'),
    update: 'state kept',
    refusal: {status: 403},
  },
  {
    id: 'react-router',
    framework: 'React Router',
    versions: [npm('@react-router/dev'), npm('vite')],
    source: {fixture: 'react-router'},
    text: 'Hello from React Router',
    edit: editHello('app/routes/home.jsx'),
    update: 'state kept',
    refusal: {status: 403},
  },
  {
    id: 'webpack',
    framework: 'webpack-dev-server',
    versions: [npm('webpack-dev-server'), npm('webpack')],
    source: {fixture: 'webpack'},
    isQuick: true,
    text: 'Hello from webpack',
    edit: editHello('src/text.js'),
    update: 'state kept',
    refusal: {status: 403},
  },
  server('express', 'Express', {isQuick: true}),
  server('fastify', 'Fastify', {isQuick: true, note: 'always asks for port 3000'}),
  server('hono', 'Hono'),
  server('koa', 'Koa'),
  server('socket-io', 'Socket.IO', {
    versions: [npm('socket.io')],
    isQuick: true,
    text: 'Hello from Socket.IO',
    afterwards: 'answered by WebSocket',
  }),
  server('node', 'Node.js', {
    versions: [],
    isQuick: true,
    note: 'no script: `main` of package.json; always asks for port 8123',
  }),
  server('bun', 'Bun.serve', {versions: [npm('bun')], tools: ['bun@1'], isQuick: true, text: 'Hello from Bun.serve'}),
  server('deno', 'Deno.serve', {
    versions: [npm('deno')],
    tools: ['deno@2'],
    text: 'Hello from Deno.serve',
    edit: editHello('main.js'),
  }),
  server('http-server', 'Python http.server', {
    versions: [python('python')],
    needs: ['python3'],
    isQuick: true,
    text: 'Hello from http.server',
    edit: editHello('server.py'),
    note: 'always asks for port 8124',
  }),
  server('flask', 'Flask', {versions: [python('flask')], needs: ['python3'], edit: editHello('app.py')}),
  server('uvicorn', 'Uvicorn', {versions: [python('uvicorn')], needs: ['python3'], edit: editHello('main.py')}),
  server('django', 'Django', {
    versions: [python('django')],
    needs: ['python3'],
    isQuick: true,
    edit: editHello('urls.py'),
    refusal: {status: 400},
    form: {path: '/', ...FORM},
    note: 'forms pass the check of their origin',
  }),
  server('go', 'Go net/http', {
    versions: [{of: 'go', name: 'go'}],
    needs: ['go'],
    isQuick: true,
    text: 'Hello from Go',
    edit: editHello('main.go'),
  }),
];

/** A program that answers requests, and knows nothing of open pages. */
function server(id: string, framework: string, more: Partial<Row> = {}): Row {
  return {
    id,
    framework,
    versions: [npm(id)],
    source: {fixture: id},
    text: `Hello from ${framework}`,
    edit: editHello('server.js'),
    update: 'reloaded by tako',
    ...more,
  };
}

export const ROWS: readonly Row[] = [...GENERATED, ...FIXTURES];
