import {useSyncExternalStore} from 'react';
import type {DevFeed} from '../dev-feed.js';
import type {DevView} from '../dev-view.js';

/** The view as of the last frame. */
export const useDevView = (feed: DevFeed): DevView => useSyncExternalStore(feed.subscribe, feed.view);
