import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {expandScript, reloadsOf, servesRequests, startsTako} from '../../src/config/script-text.js';

describe('expandScript', () => {
  it('follows the scripts that a script runs', () => {
    const scripts = {dev: 'npm run build && npm-run-all x; pnpm dev:api', build: 'tsc', 'dev:api': 'tsx watch api.ts'};
    assert.equal(expandScript(scripts, 'dev'), `${scripts.dev} && tsc && tsx watch api.ts`);
    assert.equal(expandScript(scripts, 'none'), '');
  });

  it('follows patterns of names', () => {
    const scripts = {'dev:a': 'vite', 'dev:b': 'nodemon b.js', lint: 'eslint'};
    assert.match(expandScript({...scripts, dev: 'concurrently "npm:dev:*"'}, 'dev'), / && vite && nodemon b\.js$/);
    assert.match(expandScript({...scripts, dev: 'run-p dev:b lint'}, 'dev'), / && nodemon b\.js && eslint$/);
  });

  it('ends where scripts run in a circle', () => {
    const text = expandScript({a: 'npm run b', b: 'npm run a'}, 'a');
    assert.match(text, /npm run b/);
    assert.ok(text.length < 200);
  });

  it('sees a script that starts tako through another one', () => {
    assert.ok(startsTako(expandScript({dev: 'yarn https', https: 'npx tako dev'}, 'dev')));
    assert.ok(!startsTako('tako generate && vite dev'));
  });
});

describe('reloadsOf', () => {
  it.each([
    'vite',
    'vite dev --host',
    'cross-env X=1 vite',
    'next dev --turbopack',
    'webpack serve',
    'webpack-dev-server --hot',
    'ng serve',
    'nuxt dev',
    'nuxi dev',
    'astro dev',
    'react-router dev',
    'react-scripts start',
    'concurrently "tsc -w" "vite"',
    'rsbuild dev',
    'npx vinxi dev',
    'vitepress dev docs',
    'node node_modules/vite/bin/vite.js',
  ])('sees pages updated by %s', text => {
    assert.equal(reloadsOf(text), 'pages');
  });

  it.each([
    'nodemon server.js',
    'tsx watch src/index.ts',
    'node --watch server.js',
    'bun --watch index.ts',
    'bun run --hot index.ts',
    'uvicorn main:app --reload',
    'flask --app x run --debug',
    'air',
    'cargo watch -x run',
    'ls *.go | entr -r go run .',
    'nest start --watch',
    'nest start -w',
    'deno run --watch -A main.ts',
    'wrangler dev',
    'node --watch-path=./src server.js',
    'php artisan serve',
    'python manage.py runserver',
    'tsc && concurrently "tsc -w" "nodemon dist/x.js"',
  ])('sees a server restarted by %s', text => {
    assert.equal(reloadsOf(text), 'server');
  });

  it.each([
    'node server.js',
    'tsx src/index.ts',
    'vite build --watch && node server.js',
    'tsc --watch & node dist/server.js',
    'next start',
    'vite preview',
    'nest start',
    'webpack --watch',
    'esbuild --watch x.ts',
    'node hairy.js',
    'node dist/server/entry.mjs',
    'node guard.js',
    'go run .',
    'flask run',
    'flask --app x run --debug --no-reload',
    'vitest --watch',
    'pnpm exec vitest --watch',
  ])('sees nothing in %s', text => {
    assert.equal(reloadsOf(text), 'nothing');
  });
});

describe('servesRequests', () => {
  it('tells servers from builders, and says when it cannot', () => {
    for (const text of [
      'vite',
      'node x.js',
      'next dev',
      'tsx watch a.ts',
      'tsc && node x.js',
      'bun src/index.ts',
      'nest start',
      'go run .',
      'FOO=1 npx serve',
    ]) {
      assert.equal(servesRequests(text), 'yes', text);
    }
    for (const text of [
      'tsc -w',
      'tsup --watch',
      'vite build --watch',
      'rollup -c -w',
      'vitest',
      'storybook dev -p 6006',
      'bun build x.ts',
      'vitepress build docs',
      'jest && tsc',
    ]) {
      assert.equal(servesRequests(text), 'no', text);
    }
    assert.equal(servesRequests('./run.sh'), 'unclear');
  });
});
