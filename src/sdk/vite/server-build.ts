import path from 'node:path';
import type {AddedSettings, BuildContext, Bundle, OutputFile, ResolvedSettings, WrittenSettings} from './vite-types.js';

/** What is run in production: it serves what the server's own entry exports. */
export const ENTRY_FILE = 'tako-entry.mjs';

/** Has one `vite build` make the pages into `client` and the server into `server`, both below the folder of builds. */
export function serverBuildSettings(settings: WrittenSettings, server: string): AddedSettings {
  const folder = settings.build?.outDir ?? 'dist';
  const input = {index: path.resolve(settings.root ?? process.cwd(), server)};
  return {
    builder: {},
    environments: {
      client: {build: {outDir: `${folder}/client`}},
      ssr: {build: {outDir: `${folder}/server`, copyPublicDir: false, emptyOutDir: true, rollupOptions: {input}}},
    },
  };
}

/** Puts the production entry beside the output of a build for the server. Other builds it leaves alone. */
export function makeEntry(build: BuildContext, bundle: Bundle, {base, build: {ssr}}: ResolvedSettings): void {
  const isForServer = build.environment ? build.environment.config.consumer === 'server' : Boolean(ssr);
  if (!isForServer) return;
  const entries = Object.values(bundle).filter(canServe);
  const entry = entries.length > 1 ? entries.find(isNamedAsServer) : entries[0];
  if (entry) build.emitFile({type: 'asset', fileName: ENTRY_FILE, source: renderEntry(entry.fileName, base)});
  else if (entries.length > 1) build.warn(describeChoice(entries));
}

type Entry = Extract<OutputFile, {type: 'chunk'}>;

/** By these names servers on the web platform and Node's export what answers requests. */
const HANDLERS = ['default', 'fetch', 'handler'] as const;

const canServe = (file: OutputFile): file is Entry =>
  file.type === 'chunk' && file.isEntry && HANDLERS.some(name => file.exports.includes(name));

/** As frameworks call theirs where a build has several. */
const isNamedAsServer = ({name}: Entry): boolean => /^(?:index|server|entry|entry[-.]server)$/.test(name);

const describeChoice = (entries: readonly Entry[]): string =>
  `${ENTRY_FILE} is not made: it could serve any of ${entries.map(({fileName}) => fileName).join(', ')}. Name one of them server.`;

const renderEntry = (file: string, base: string): string => `import {serveBuild} from 'tako.sh/vite/server';

await serveBuild({
  load: () => import(${JSON.stringify(`./${file}`)}),
  file: ${JSON.stringify(file)},
  client: new URL('../client/', import.meta.url),
  base: ${JSON.stringify(base)},
});
`;
