// A process that starts a machine, says what it is like in one line, and waits to be killed.
// node --experimental-transform-types owner.mjs

import {registerHooks} from 'node:module';

registerHooks({
  resolve(specifier, context, next) {
    try {
      return next(specifier, context);
    } catch (error) {
      if (!specifier.startsWith('.')) throw error;
      return next(specifier.replace(/\.js$/, '.ts'), context);
    }
  },
});

const {startVps} = await import('./vps.ts');
const {hostAddress, sshConfig, pid} = await startVps({name: 'orphan'});
console.log(JSON.stringify({hostAddress, sshConfig, pid}));
