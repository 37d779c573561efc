import {isIP} from 'node:net';
import path from 'node:path';
import {normalizeHost} from '../proxy/route-syntax.js';
import {TakoError} from '../system/error.js';
import {readTextIfExists} from '../system/files.js';
import {DEFAULT_ZONES} from './dev-routes.js';
import {type Parsed, parseDocument} from './document.js';
import {field, listOf, oneOf, table} from './field.js';
import {invalidFile} from './problem.js';
import {port} from './value.js';

export const SETTINGS_FILE = 'settings.toml';

/** What one user chose for every project on this machine. */
export type Settings = {
  /** Of HTTPS. Undefined: tako chooses, as with the other ports; 0: any free one. */
  readonly port: number | undefined;
  readonly httpPort: number | undefined;
  readonly dnsPort: number | undefined;
  /** Zones besides `test` that tako answers for and signs. */
  readonly zones: readonly string[];
  /** Where new keys of secrets are kept. */
  readonly secretKeys: 'file' | 'keychain';
};

const zone = field('a zone such as "test" or "acme.dev"', input =>
  typeof input === 'string' && isIP(input) === 0 ? normalizeHost(input) : undefined,
);

const settingsToml = table({
  port: port(0).optional(),
  http_port: port(0).optional(),
  dns_port: port(0).optional(),
  zones: listOf(zone, 'an array of zones').optional(),
  secret_keys: oneOf('file', 'keychain').optional(),
});

export function parseSettings(text: string, file: string): Parsed<Settings> {
  const parsed = parseDocument(text, file, settingsToml);
  if (!parsed.ok) return parsed;
  const {port, http_port, dns_port, zones = [], secret_keys: secretKeys = 'file'} = parsed.value;
  return {...parsed, value: {port, httpPort: http_port, dnsPort: dns_port, zones: [...new Set(zones)], secretKeys}};
}

/** Every zone that tako answers for and signs, its own first. */
export const managedZones = ({zones}: Settings): readonly string[] => [...DEFAULT_ZONES, ...zones];

/** Reads settings.toml in the user's config folder; no file is as an empty one. Throws CONFIG_INVALID. */
export async function loadSettings(configFolder: string): Promise<Settings> {
  const file = path.join(configFolder, SETTINGS_FILE);
  const parsed = parseSettings((await readTextIfExists(file)) ?? '', SETTINGS_FILE);
  if (!parsed.ok) throw invalidFile(file, parsed.problems);
  return parsed.value;
}

/** The file's text with one more zone; comments and all other keys stay as they are. Throws SETTINGS_UNCLEAR. */
export function addZoneToSettings(text: string, zone: string): string {
  const {zones} = parsedOrThrow(text);
  const line = `zones = [${[...zones, zone].map(name => JSON.stringify(name)).join(', ')}]`;
  const written = /^[ \t]*zones[ \t]*=[ \t]*\[[^\]]*\]/m;
  const edited = written.test(text) ? text.replace(written, line) : `${line}\n${text}`;
  const isAsMeant = parsedOrThrow(edited).zones.join() === [...new Set([...zones, zone])].join();
  if (isAsMeant) return edited;
  throw new TakoError('SETTINGS_UNCLEAR', `${SETTINGS_FILE} could not be edited safely`, {
    hint: `write it yourself: ${line}`,
  });
}

function parsedOrThrow(text: string): Settings {
  const parsed = parseSettings(text, SETTINGS_FILE);
  if (!parsed.ok) throw invalidFile(SETTINGS_FILE, parsed.problems);
  return parsed.value;
}
