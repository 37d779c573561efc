// What is never source, whatever .gitignore says: what tools write, and what editors leave for a moment.

const FOLDERS: ReadonlySet<string> = new Set([
  ...['.git', '.hg', '.svn', '.jj', '.tako', '.idea', '.vscode'],
  ...['node_modules', '.yarn', '.pnpm-store', '.venv', 'venv', '__pycache__', '.bundle'],
  ...['dist', 'build', 'target', 'coverage', '.output', '.next', '.nuxt', '.svelte-kit', '.astro', '.react-router'],
  ...['.angular', '.vercel', '.netlify', '.wrangler', '.turbo', '.nx', '.cache', '.parcel-cache'],
  ...['.pytest_cache', '.mypy_cache', '.ruff_cache'],
]);

const FILES: readonly RegExp[] = [
  /\.(log|pid|tsbuildinfo|pyc)$/,
  // Databases, and what SQLite keeps beside them: -wal, -shm, -journal.
  /\.(sqlite|db)\d?(-wal|-shm|-journal)?$/,
  /\.sqlite/,
  // Logs of tako's own, where its data folder is in a project: a line about a restart would lead to the next.
  /^\d{15}\.jsonl$/,
  // Vim, Emacs, Kate, Sublime, gedit, JetBrains.
  /~$|\.sw[a-px]$|^4913$/,
  /^\.#|^#.*#$/,
  /\.kate-swp$|\.subl.*\.tmp$|^\.goutputstream-|___jb_(tmp|old)___$/,
  /^\.DS_Store$|^Thumbs\.db$/,
  // Vite compiles its configuration beside it.
  /\.timestamp-\d+.*\.mjs$/,
];

export const isDefaultIgnoredFolder = (name: string): boolean => FOLDERS.has(name);

export const isDefaultIgnoredFile = (name: string): boolean => FILES.some(pattern => pattern.test(name));
