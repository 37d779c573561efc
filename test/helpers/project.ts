import {mkdtempSync, realpathSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

export type TestProject = {readonly directory: string; write(file: string, text: string): void; remove(): void};

/** The fixture programs by name. */
export const fixture = (name: string): string => path.resolve(import.meta.dirname, '../fixtures/apps', name);

/** A folder with a tako.toml whose command runs a fixture program. */
export function createProject(name: string, program = 'fd4-server.mjs', more = ''): TestProject {
  const directory = realpathSync(mkdtempSync(path.join(tmpdir(), 'tako-project-')));
  const write = (file: string, text: string): void => writeFileSync(path.join(directory, file), text);
  write('tako.toml', `name = "${name}"\ndev = ${JSON.stringify(['node', fixture(program)])}\n${more}`);
  return {directory, write, remove: () => rmSync(directory, {recursive: true, force: true})};
}
