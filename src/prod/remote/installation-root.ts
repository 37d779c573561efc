import path from 'node:path';

/** Says where the server's folder is; bin/tako-server sets it. */
export const ROOT_VARIABLE = 'TAKO_SERVER_ROOT';

/** The root folder of the installation that a program is part of, whose package is in `versions` there. */
export const installationRoot = (environment: NodeJS.ProcessEnv, packageFolder: string): string =>
  environment[ROOT_VARIABLE] ?? path.resolve(packageFolder, '../..');
