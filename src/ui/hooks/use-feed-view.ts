import {useSyncExternalStore} from 'react';
import type {Feed} from '../feed.js';

/** The view as of the last frame. */
export const useFeedView = <View>(feed: Pick<Feed<never, View, unknown>, 'subscribe' | 'view'>): View =>
  useSyncExternalStore(feed.subscribe, feed.view);
