import node from '@astrojs/node';
import {defineConfig} from 'astro/config';
import {tako} from 'tako.sh/vite';

export default defineConfig({
  adapter: node({mode: 'middleware'}),
  vite: {plugins: [tako()]},
});
