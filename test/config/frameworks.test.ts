import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {describe, it} from 'vitest';
import {decideDevCommand, decideReloads} from '../../src/config/dev-command.js';
import {parseFrameworks} from '../../src/config/framework.js';
import {
  decideFramework,
  decideProduction,
  detectFramework,
  frameworks,
  speaksContract,
} from '../../src/config/frameworks.js';
import {renderProblem} from '../../src/config/problem.js';
import {readProjectFacts} from '../../src/config/project-facts.js';
import {configOf, factsWith, failure, NO_FACTS, packageJson, temporaryFolder} from './support.js';

type Row = {
  readonly is: string;
  /** Packages of a package.json, or whole files. */
  readonly has: readonly string[] | Readonly<Record<string, string>>;
  /** As a shell would show it; `…` stands for anything. */
  readonly runs: string;
  readonly reloads: 'nothing' | 'server' | 'pages';
};

const uvicorn = (module: string) => `exec python3 -m uvicorn ${module}:app --host 127.0.0.1 --port "$PORT"`;
const GO = {'go.mod': 'module x'};

/** The smallest project of each kind, without a script, so that the profile's own command is seen. */
const ROWS: readonly Row[] = [
  {
    is: 'laravel',
    has: {
      artisan: '',
      'composer.json': '{"require": {"laravel/framework": "^12"}}',
      'package.json': packageJson({uses: ['vite'], scripts: {dev: 'vite'}}),
    },
    runs: 'exec php artisan serve --host=127.0.0.1 --port="$PORT"',
    reloads: 'server',
  },
  {
    is: 'symfony',
    has: {'composer.json': '{"require": {"symfony/framework-bundle": "*"}}'},
    runs: 'exec php -S 127.0.0.1:"$PORT" -t public',
    reloads: 'server',
  },
  {
    is: 'rails',
    has: {
      Gemfile: 'source "https://rubygems.org"\ngem "rails", "~> 8.0"\n',
      'package.json': packageJson({uses: ['esbuild']}),
    },
    runs: 'bin/rails server -b 127.0.0.1',
    reloads: 'server',
  },
  {
    is: 'django',
    has: {'manage.py': ''},
    runs: 'exec python3 -u manage.py runserver --noreload 127.0.0.1:"$PORT"',
    reloads: 'nothing',
  },
  {is: 'phoenix', has: {'mix.exs': 'defp deps, do: [{:phoenix, "~> 1.8"}]'}, runs: 'mix phx.server', reloads: 'pages'},
  {is: 'next', has: ['next', 'react', 'express'], runs: 'next dev', reloads: 'pages'},
  {is: 'nuxt', has: ['nuxt', 'vue'], runs: 'nuxt dev', reloads: 'pages'},
  {is: 'astro', has: ['astro', '@astrojs/react'], runs: 'exec astro dev --port "$PORT"', reloads: 'pages'},
  {is: 'sveltekit', has: ['@sveltejs/kit', 'svelte', 'vite'], runs: 'exec vite dev --port "$PORT"', reloads: 'pages'},
  {
    is: 'tanstack-start',
    has: ['@tanstack/react-start', 'vite'],
    runs: 'exec vite dev --port "$PORT"',
    reloads: 'pages',
  },
  {
    is: 'react-router',
    has: ['@react-router/dev', 'react-router', 'vite'],
    runs: 'exec react-router dev --port "$PORT"',
    reloads: 'pages',
  },
  {is: 'remix', has: ['@remix-run/dev', 'vite'], runs: 'exec remix vite:dev --port "$PORT"', reloads: 'pages'},
  {is: 'solid-start', has: ['@solidjs/start', 'vinxi'], runs: 'vinxi dev', reloads: 'pages'},
  {is: 'qwik', has: ['@builder.io/qwik-city', 'vite'], runs: 'exec vite --mode ssr --port "$PORT"', reloads: 'pages'},
  {
    is: 'angular',
    has: ['@angular/core', '@angular/cli', '@angular/build'],
    runs: 'exec ng serve --port "$PORT"',
    reloads: 'pages',
  },
  {is: 'gatsby', has: ['gatsby'], runs: 'exec gatsby develop -p "$PORT"', reloads: 'pages'},
  {
    is: 'docusaurus',
    has: ['@docusaurus/core'],
    runs: 'exec docusaurus start --no-open --port "$PORT"',
    reloads: 'pages',
  },
  {is: 'create-react-app', has: ['react-scripts', 'react'], runs: 'react-scripts start', reloads: 'pages'},
  {
    is: 'vue-cli',
    has: ['@vue/cli-service', 'vue'],
    runs: 'exec vue-cli-service serve --port "$PORT"',
    reloads: 'pages',
  },
  {
    is: 'nest',
    has: ['@nestjs/core', '@nestjs/platform-express', 'express'],
    runs: 'nest start --watch',
    reloads: 'server',
  },
  {is: 'adonis', has: ['@adonisjs/core', 'vite'], runs: 'node ace serve --hmr', reloads: 'server'},
  {is: 'vitepress', has: ['vitepress', 'vue'], runs: 'exec vitepress dev --port "$PORT"', reloads: 'pages'},
  {is: 'eleventy', has: ['@11ty/eleventy'], runs: 'exec eleventy --serve --port="$PORT"', reloads: 'pages'},
  {is: 'vite', has: ['vite', '@vitejs/plugin-react', 'react'], runs: 'exec vite --port "$PORT"', reloads: 'pages'},
  {is: 'vite', has: ['vite', 'vue', 'express'], runs: 'exec vite --port "$PORT"', reloads: 'pages'},
  {
    is: 'vite',
    has: ['vite', '@sveltejs/vite-plugin-svelte', 'svelte'],
    runs: 'exec vite --port "$PORT"',
    reloads: 'pages',
  },
  {is: 'rsbuild', has: ['@rsbuild/core'], runs: 'exec rsbuild dev --port "$PORT"', reloads: 'pages'},
  {is: 'rspack', has: ['@rspack/cli', '@rspack/core'], runs: 'exec rspack serve --port "$PORT"', reloads: 'pages'},
  {
    is: 'webpack-dev-server',
    has: ['webpack', 'webpack-dev-server'],
    runs: 'exec webpack serve --port "$PORT" --client-web-socket-url auto://0.0.0.0:0/ws',
    reloads: 'pages',
  },
  {is: 'parcel', has: ['parcel'], runs: 'exec parcel serve --port "$PORT"', reloads: 'pages'},
  {
    is: 'wrangler',
    has: ['wrangler', 'hono'],
    runs: 'exec wrangler dev --ip 127.0.0.1 --port "$PORT"',
    reloads: 'server',
  },
  {
    is: 'fastify',
    has: {'package.json': packageJson({uses: ['fastify']}), 'server.js': ''},
    runs: 'node server.js',
    reloads: 'nothing',
  },
  {
    is: 'express',
    has: {'package.json': packageJson({uses: ['express'], main: 'lib/x.cjs'}), 'lib/x.cjs': ''},
    runs: 'node lib/x.cjs',
    reloads: 'nothing',
  },
  {
    is: 'express',
    has: {'package.json': packageJson({uses: ['express', 'socket.io']}), 'app.js': ''},
    runs: 'node app.js',
    reloads: 'nothing',
  },
  {
    is: 'koa',
    has: {'package.json': packageJson({uses: ['koa', 'tsx']}), 'src/index.ts': ''},
    runs: 'tsx src/index.ts',
    reloads: 'nothing',
  },
  {
    is: 'hono',
    has: {'package.json': packageJson({uses: ['hono']}), 'src/index.ts': ''},
    runs: 'node --experimental-strip-types src/index.ts',
    reloads: 'nothing',
  },
  {
    is: 'hono',
    has: {'package.json': packageJson({uses: ['hono']}), 'src/index.ts': '', 'bun.lock': ''},
    runs: 'bun src/index.ts',
    reloads: 'nothing',
  },
  {
    is: 'elysia',
    has: {'package.json': packageJson({uses: ['elysia']}), 'src/index.ts': ''},
    runs: 'bun src/index.ts',
    reloads: 'nothing',
  },
  {
    is: 'socket-io',
    has: {'package.json': packageJson({uses: ['socket.io']}), 'index.mjs': ''},
    runs: 'node index.mjs',
    reloads: 'nothing',
  },
  {
    is: 'fastapi',
    has: {'requirements.txt': 'fastapi[standard]>=0.115\n', 'main.py': ''},
    runs: uvicorn('main'),
    reloads: 'nothing',
  },
  {
    is: 'fastapi',
    has: {'pyproject.toml': '[project]\ndependencies = ["FastAPI"]', 'app/main.py': ''},
    runs: uvicorn('app.main'),
    reloads: 'nothing',
  },
  {
    is: 'flask',
    has: {'requirements.txt': 'Flask==3.1\n', 'app.py': ''},
    runs: 'exec python3 -m flask --app app run --debug --no-reload --host 127.0.0.1 --port "$PORT"',
    reloads: 'nothing',
  },
  {
    is: 'flask',
    has: {Pipfile: '[packages]\nflask = "*"', 'app/__init__.py': ''},
    runs: 'exec python3 -m flask --app app run --debug --no-reload …',
    reloads: 'nothing',
  },
  {
    is: 'uvicorn',
    has: {'requirements.txt': 'starlette\nuvicorn', 'server.py': ''},
    runs: uvicorn('server'),
    reloads: 'nothing',
  },
  {is: 'python', has: {'main.py': ''}, runs: 'python3 -u main.py', reloads: 'nothing'},
  {
    is: 'python',
    has: {'pyproject.toml': '', 'uv.lock': '', 'app.py': ''},
    runs: 'uv run python -u app.py',
    reloads: 'nothing',
  },
  {
    is: 'rack',
    has: {'config.ru': '', Gemfile: 'gem "sinatra"'},
    runs: 'exec bundle exec rackup -o 127.0.0.1 -p "$PORT"',
    reloads: 'nothing',
  },
  {
    is: 'sinatra',
    has: {Gemfile: "gem 'sinatra'", 'app.rb': ''},
    runs: 'exec bundle exec ruby app.rb -o 127.0.0.1 -p "$PORT"',
    reloads: 'nothing',
  },
  {is: 'php', has: {'public/index.php': ''}, runs: 'exec php -S 127.0.0.1:"$PORT" -t ./public', reloads: 'server'},
  {is: 'go', has: {...GO, 'main.go': ''}, runs: 'go run .', reloads: 'nothing'},
  {is: 'go', has: {...GO, 'server.go': '', 'routes.go': ''}, runs: 'go run .', reloads: 'nothing'},
  {is: 'go', has: {...GO, 'lib.go': '', 'cmd/api/main.go': ''}, runs: 'go run ./cmd/api', reloads: 'nothing'},
  {
    is: 'rocket',
    has: {'Cargo.toml': '[dependencies]\nrocket = "0.5"'},
    runs: 'ROCKET_ADDRESS=127.0.0.1 ROCKET_PORT="$PORT" exec cargo run',
    reloads: 'nothing',
  },
  {
    is: 'rust',
    has: {'Cargo.toml': '[dependencies]\naxum = "0.8"', 'src/main.rs': ''},
    runs: 'cargo run',
    reloads: 'nothing',
  },
  {
    is: 'spring-gradle',
    has: {'build.gradle.kts': 'plugins { id("org.springframework.boot") version "3.5.0" }'},
    runs: '… SERVER_PORT="$PORT" exec … bootRun',
    reloads: 'nothing',
  },
  {
    is: 'spring-maven',
    has: {'pom.xml': '<parent><groupId>org.springframework.boot</groupId></parent>'},
    runs: '… SERVER_PORT="$PORT" exec … spring-boot:run',
    reloads: 'nothing',
  },
  {is: 'bun', has: {'index.ts': '', 'bun.lock': '', 'package.json': '{}'}, runs: 'bun index.ts', reloads: 'nothing'},
  {is: 'bun', has: {'server.ts': '', 'bunfig.toml': ''}, runs: 'bun server.ts', reloads: 'nothing'},
  {
    is: 'deno',
    has: {'deno.json': '{}', 'main.ts': ''},
    runs: 'DENO_SERVE_ADDRESS=tcp:127.0.0.1:"$PORT" exec deno run -A main.ts',
    reloads: 'nothing',
  },
  {is: 'node', has: {'server.js': ''}, runs: 'node server.js', reloads: 'nothing'},
  {
    is: 'static',
    has: {'index.html': ''},
    runs: 'exec python3 -m http.server --bind 127.0.0.1 --directory . "$PORT"',
    reloads: 'server',
  },
];

const filesOf = ({has}: Row): Readonly<Record<string, string>> =>
  Array.isArray(has) ? {'package.json': packageJson({uses: has})} : (has as Readonly<Record<string, string>>);

describe('frameworks.toml', () => {
  it('is valid', () => {
    assert.ok(frameworks().length > 30);
  });

  it('has a row of this test for every profile', () => {
    const ids = frameworks().map(({id}) => id);
    assert.deepEqual([...new Set(ROWS.map(({is}) => is))].sort(), [...ids].sort());
  });

  it('has every id and alias in the documentation of preset', () => {
    const page = readFileSync('docs/tako-toml.md', 'utf8');
    const words = frameworks().flatMap(({id, aliases}) => [id, ...aliases]);
    assert.deepEqual(
      words.filter(word => !page.includes(`\`${word}\``)),
      [],
    );
  });

  it('has what is built on something else above it', () => {
    const ids = frameworks().map(({id}) => id);
    const isAbove = (upper: string, lower: string): boolean => ids.indexOf(upper) < ids.indexOf(lower);
    for (const {id, hostCheck} of frameworks()) {
      if (hostCheck === 'env' && id !== 'vite') assert.ok(isAbove(id, 'vite'), id);
    }
    for (const id of ids.filter(id => !['bun', 'deno', 'node', 'static'].includes(id)))
      assert.ok(isAbove(id, 'bun'), id);
  });

  it('can be broken only with a message that has the line', () => {
    const text = readFileSync('templates/frameworks.toml', 'utf8');
    const broken = text.replace('host_check = "env"', 'host_check = "environment"');
    const parsed = parseFrameworks(broken, 'frameworks.toml');
    assert.ok(!parsed.ok);
    assert.match(
      parsed.problems.map(renderProblem).join(),
      /^frameworks\.toml:\d+:1 framework\[\d+\]\.host_check: expected one of/,
    );
  });
});

describe('parseFrameworks', () => {
  const profile = 'id = "x"\nname = "X"\ndetect.any = ["npm:x"]\nhost_check = "none"\nreloads = "nothing"\n';
  const problems = (text: string): string => {
    const parsed = parseFrameworks(text, 'f');
    return parsed.ok ? '' : parsed.problems.map(renderProblem).join('\n');
  };

  it('completes what a profile leaves out', () => {
    const parsed = parseFrameworks(`[[framework]]\n${profile}`, 'f');
    assert.ok(parsed.ok);
    assert.deepEqual(parsed.value[0]?.scripts, ['dev', 'start', 'serve']);
    assert.deepEqual(parsed.value[0]?.detect, {any: [{kind: 'npm', value: 'x'}], all: [], none: []});
  });

  it('refuses unknown keys, unknown signs and ids that are taken', () => {
    assert.match(problems(`[[framework]]\n${profile}hmr = true\n`), /framework\[0\]\.hmr: unknown key/);
    assert.match(problems(`[[framework]]\n${profile.replace('npm:', 'pip:')}`), /expected a sign/);
    assert.match(
      problems(`[[framework]]\n${profile}\n[[framework]]\n${profile}`),
      /f:9:1 framework\[1\]\.id: is the id or an alias/,
    );
    assert.match(
      problems(`[[framework]]\n${profile.replace('any = ["npm:x"]', 'none = ["npm:x"]')}`),
      /needs a sign in any or all/,
    );
  });

  it('refuses a way to run on servers that nothing fills, with its place', () => {
    const way = 'production = [{start = ["node", "{ruby}"]}]\n';
    assert.match(
      problems(`[[framework]]\n${profile}${way}`),
      /framework\[0\]\.production\[0\]\.start: \{ruby\} is not one of/,
    );
  });

  it('refuses placeholders that nothing fills', () => {
    assert.match(
      problems(`[[framework]]\n${profile}dev = ["node", "{main}"]\n`),
      /dev: has a placeholder, but the profile has no main/,
    );
    assert.match(problems(`[[framework]]\n${profile}start = ["{ruby}"]\n`), /start: \{ruby\} is not one of/);
  });
});

describe('decideProduction', () => {
  const npm = (...names: string[]) => factsWith({packages: {...NO_FACTS.packages, npm: names}});
  const of = (...names: string[]) => {
    const framework = detectFramework(npm(...names));
    return framework && decideProduction(framework, npm(...names));
  };

  it('takes the first way whose signs are there, and what it does not say from the profile', () => {
    assert.deepEqual(of('astro', '@astrojs/node')?.start, ['node', 'dist/server/entry.mjs']);
    assert.equal(of('astro', '@astrojs/node')?.build, 'astro build');
    assert.equal(of('astro')?.start, undefined);
    assert.deepEqual(of('astro')?.assets, ['dist']);
  });

  it('does not refuse with a sign what it refuses without one', () => {
    assert.match(of('@sveltejs/kit')?.refusal ?? '', /adapter-node/);
    assert.equal(of('@sveltejs/kit', '@sveltejs/adapter-node')?.refusal, undefined);
  });

  it('says of every profile for JavaScript how it is served, or that it is not, or leaves that to its scripts', () => {
    const plain = ['nest', 'fastify', 'express', 'koa', 'hono', 'elysia', 'socket-io', 'bun', 'deno', 'node'];
    for (const {id, scripts, production} of frameworks()) {
      if (scripts.length === 0 || plain.includes(id)) continue;
      const isSaid = production.some(way => way.start ?? way.assets[0] ?? way.refusal);
      assert.ok(isSaid || ['rust', 'rocket', 'spring-gradle', 'spring-maven'].includes(id), id);
    }
  });

  it('gives no folder away in which PHP has its programs', () => {
    for (const id of ['laravel', 'symfony', 'php']) {
      const ways = frameworks().find(framework => framework.id === id)?.production ?? [];
      assert.ok(ways.length > 0 && ways.every(({assets}) => assets.length === 0), id);
    }
  });

  it('runs nothing on a server that only a package manager could', () => {
    const words = frameworks().flatMap(({production}) => production.flatMap(({start = []}) => start));
    assert.doesNotMatch(words.join(' '), /\b(?:npm|npx|pnpm|yarn|cargo|gradlew?|mvnw?)\b/);
  });
});

describe('detectFramework, with the command it leads to', () => {
  it.each(
    ROWS.map(row => ({
      ...row,
      title: `${row.is}: ${Object.keys(filesOf(row)).join(' ')} ${Array.isArray(row.has) ? row.has.join(' ') : ''}`,
    })),
  )('knows $title', async row => {
    const facts = await readProjectFacts(await temporaryFolder({'.git/': '', ...filesOf(row)}));
    const framework = detectFramework(facts);
    assert.equal(framework?.id, row.is);
    const command = decideDevCommand(configOf(''), facts);
    const pattern = row.runs
      .split('…')
      .map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*');
    assert.match(command.text, new RegExp(`^${pattern}$`));
    assert.equal(decideReloads(command, framework), row.reloads);
  });

  it('knows nothing of an empty folder', () => {
    assert.equal(detectFramework(NO_FACTS), undefined);
  });
});

describe('decideFramework', () => {
  const vite = factsWith({packages: {...NO_FACTS.packages, npm: ['vite']}});

  it('goes by the preset, under any of its names, before what the files say', () => {
    const idFor = (preset: string) => decideFramework(configOf(`preset = "${preset}"`), vite)?.id;
    assert.equal(idFor('astro'), 'astro');
    assert.equal(idFor('nextjs'), 'next');
    assert.equal(idFor('tanstack-start@1a2b3c4'), 'tanstack-start');
    assert.equal(decideFramework(configOf(''), vite)?.id, 'vite');
  });

  it('refuses a preset there is none of, and says which was probably meant', async () => {
    const error = await failure(() => decideFramework(configOf('preset = "sveltkit"'), vite));
    assert.equal(error.code, 'PRESET_UNKNOWN');
    assert.match(error.hint ?? '', /"sveltekit"/);
    assert.match(error.details.join(), /laravel, .*static/);
  });
});

describe('speaksContract', () => {
  it('is so with ready = "fd", and where the package is needed to run', () => {
    assert.equal(speaksContract(configOf('ready = "fd"'), NO_FACTS), true);
    assert.equal(speaksContract(configOf(''), factsWith({dependencies: {'tako.sh': '^1'}})), true);
    assert.equal(speaksContract(configOf(''), factsWith({devDependencies: {'tako.sh': '^1'}})), false);
  });
});
