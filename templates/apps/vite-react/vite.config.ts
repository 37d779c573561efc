import react from '@vitejs/plugin-react';
import {tako} from 'tako.sh/vite';
import {defineConfig} from 'vite';

export default defineConfig({
  plugins: [react(), tako({server: 'src/server.ts'})],
});
