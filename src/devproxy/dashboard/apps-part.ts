import {createHash} from 'node:crypto';
import type {AppStatus} from '../../control/events.js';
import {liveParts} from './app-parts.js';
import {type Change, createShown, type LivePart} from './change.js';

/** What becomes of apps: their state, figures and problems. */
export function createAppsPart(list: () => readonly AppStatus[]): LivePart {
  const shown = createShown();
  return {
    take: () =>
      list()
        .flatMap(liveParts)
        .filter(({id, markup}) => shown.isNews(id, markup))
        .map(({markup}): Change => ({html: markup})),
  };
}

/** Stands for what a page has of these apps that does not change in place: their names and addresses. */
export const outlineOf = (apps: readonly AppStatus[]): string =>
  createHash('sha256')
    .update(JSON.stringify(apps.map(({name, url, urls, directory}) => [name, url, urls, directory])))
    .digest('hex')
    .slice(0, 16);
