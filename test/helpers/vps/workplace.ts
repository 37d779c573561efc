import {mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {writeSshClient} from './ssh-access.js';
import type {Vps} from './vps.js';

// What every machine has that a user deploys from: a home of its own, projects, and an ssh that knows servers.

/** A file's content by its path in a project. */
export type Files = Readonly<Record<string, string | Buffer>>;

export type Workplace = {
  /** Everything of it is in there. */
  readonly folder: string;
  /** Where tako keeps the user's servers and what it has fetched. */
  readonly home: string;
  /** For projects. */
  readonly projects: string;
  /** Where programs put their temporary files. */
  readonly temporary: string;
  /** Of every command that is run there. */
  readonly environment: NodeJS.ProcessEnv;
  /** Makes a project with these files. */
  project(name: string, files: Files): string;
  close(): void;
};

/** A workplace whose ssh knows these servers by their names; `more` is added to the environment of its commands. */
export function createWorkplace(servers: readonly Pick<Vps, 'sshConfig'>[], more: NodeJS.ProcessEnv = {}): Workplace {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'tako-workplace-')));
  const [home, projects, temporary, programs] = ['home', 'projects', 'tmp', 'bin'].map(name => {
    const made = path.join(folder, name);
    mkdirSync(made);
    return made;
  }) as [string, string, string, string];
  writeSshClient(
    programs,
    servers.map(({sshConfig}) => sshConfig),
  );
  return {
    ...{folder, home, projects, temporary},
    environment: {
      ...process.env,
      PATH: `${programs}:${process.env.PATH}`,
      TAKO_HOME: home,
      TMPDIR: temporary,
      NO_COLOR: '1',
      ...more,
    },
    project(name, files) {
      const project = path.join(projects, name);
      mkdirSync(project);
      for (const [file, content] of Object.entries(files)) {
        mkdirSync(path.dirname(path.join(project, file)), {recursive: true});
        writeFileSync(path.join(project, file), content);
      }
      return project;
    },
    close: () => rmSync(folder, {recursive: true, force: true}),
  };
}
