import {type DeployLine, type DeployNews, type DeployView, EMPTY_DEPLOY, reduceDeploy} from './deploy-view.js';
import {describeSkipped} from './describe.js';
import {createFeed, type Feed} from './feed.js';

export type DeployFeed = Feed<DeployNews, DeployView, DeployLine>;

export const createDeployFeed = (): DeployFeed =>
  createFeed<DeployNews, DeployView, DeployLine>({
    empty: EMPTY_DEPLOY,
    reduce(view, event) {
      const {view: next, lines} = reduceDeploy(view, event, performance.now());
      return {view: next, lines: lines.filter(({kind}) => kind !== 'done')};
    },
    skipped: count => ({kind: 'note', server: null, text: describeSkipped(count)}),
  });
