import {stat} from 'node:fs/promises';
import path from 'node:path';
import {CONFIG_FILE} from '../../config/load-project.js';
import type {Registration} from '../../control/protocol.js';
import {projectOf} from '../../devproxy/resolve-registration.js';
import {SECRETS_FILE} from '../../secrets/secret-file.js';
import type {DevEvent} from '../../ui/dev-session.js';
import {refreshAllTypes} from './generate-types.js';

/** As of `Registration`. */
type KeptApp = Pick<Registration, 'name' | 'request'>;

/**
 * Has the types follow what they are made of, for as long as events come. Whenever something is told of an app, it is looked
 * whether its files have changed; what is wrong with them is the daemon's to tell.
 */
export function keepTypes(subscribe: (listener: (event: DevEvent) => void) => unknown, apps: readonly KeptApp[]): void {
  for (const {name, request} of apps) {
    let last = stampOf(request);
    let working: Promise<void> = Promise.resolve();
    const look = async (): Promise<void> => {
      const stamp = stampOf(request);
      if ((await stamp) === (await last)) return;
      last = stamp;
      await refresh(request).catch(() => undefined);
    };
    subscribe(event => {
      if (event.type === 'status' && event.status.name === name) working = working.then(look);
    });
  }
}

async function refresh(request: KeptApp['request']): Promise<void> {
  await refreshAllTypes([await projectOf(request)]);
}

/** Another one when what the types are made of may say something else. */
async function stampOf({directory, configFile}: KeptApp['request']): Promise<string> {
  const files = [configFile ?? path.join(directory, CONFIG_FILE), path.join(directory, SECRETS_FILE)];
  return (await Promise.all(files.map(timeOf))).join();
}

const timeOf = (file: string): Promise<number> =>
  stat(file).then(
    ({mtimeMs}) => mtimeMs,
    () => 0,
  );
