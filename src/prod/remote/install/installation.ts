import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {z} from 'zod';

/** How tako was installed on a server: server.json in its root folder, which `hold` reads. */
export type Installation = {
  readonly httpPort: number;
  readonly httpsPort: number;
  /** What the server itself runs as; null: the user who installed it, without root. */
  readonly user: string | null;
  /** Who may use the control socket; null: only that user. */
  readonly group: string | null;
};

export const INSTALLATION_FILE = 'server.json';

const port = z.int().min(1).max(65_535);

const schema: z.ZodType<Installation> = z.strictObject({
  httpPort: port,
  httpsPort: port,
  user: z.string().nullable(),
  group: z.string().nullable(),
});

/** Reads what the installer wrote. Throws when it is damaged: `tako servers add` writes it again. */
export async function loadInstallation(root: string): Promise<Installation> {
  return schema.parse(JSON.parse(await readFile(path.join(root, INSTALLATION_FILE), 'utf8')));
}

/** The same from a text; null when that is none. */
export function parseInstallation(text: string): Installation | null {
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

export const renderInstallation = ({httpPort, httpsPort, user, group}: Installation): string =>
  JSON.stringify({httpPort, httpsPort, user, group});
