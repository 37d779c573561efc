// Watches the folder given as argument in a process of its own, until its input ends; then nothing but the watch could
// keep it alive. Says what it sees in lines of JSON.

import {registerHooks} from 'node:module';

// Node runs TypeScript as it is, but the imports in it end in .js.
registerHooks({
  resolve: (specifier, context, next) =>
    next(
      context.parentURL?.endsWith('.ts') && specifier.startsWith('.') ? specifier.replace(/\.js$/, '.ts') : specifier,
      context,
    ),
});
const {createSourceWatch} = await import('../../../src/devproxy/watch/source-watch.ts');
const {createFileWatch} = await import('../../../src/devproxy/watch/file-watch.ts');

const [, , directory] = process.argv;
const say = line => console.log(JSON.stringify(line));
const onChange = files => say({files});
const onProblem = problem => say({problem});
const watch = createSourceWatch({directory, watch: [], ignore: [], onChange, onProblem});
const file = createFileWatch(`${directory}/tako.toml`, () => say({file: 'tako.toml'}));
await watch.ready;
say({ready: true});
process.stdin.resume().once('end', async () => {
  await Promise.all([watch.close(), file.close()]);
  say({closed: true});
});
