// Lets node import the helpers as they are, which are TypeScript that imports .js as the compiler wants it. For programs
// that run with --experimental-transform-types.

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
