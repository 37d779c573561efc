import {readFileSync} from 'node:fs';

type TemplateName = 'facts.sh' | 'tako.service' | 'tako-user.service' | 'tako-server.sh' | 'tako-service.sh';

/** The text of a file in templates/server. */
export const readServerTemplate = (name: TemplateName): string =>
  readFileSync(new URL(`../../../templates/server/${name}`, import.meta.url), 'utf8');
