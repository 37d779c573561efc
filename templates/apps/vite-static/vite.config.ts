import {tako} from 'tako.sh/vite';
import {defineConfig} from 'vite';

export default defineConfig({
  plugins: [tako()],
});
