import node from '@astrojs/node';
import {defineConfig} from 'astro/config';
import {tako} from 'tako.sh/vite';

export default defineConfig({
  adapter: node({mode: 'middleware'}),
  // By default Astro takes every request for one to localhost, and forms for forged ones. Here only tako asks, and only for
  // names of the app.
  security: {allowedDomains: [{protocol: 'https'}]},
  vite: {plugins: [tako()]},
});
