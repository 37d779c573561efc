import {useEffect} from 'react';
import type {DevFeed} from '../dev-feed.js';
import type {RequestSource} from '../dev-session.js';

/** The daemon that told of them may be gone, and another one about to take its place. */
const RETRY_MS = 1_000;

/** Keeps the requests up to date while they are looked at; with nobody looking, the daemon tells nothing of them. */
export function useFollowedRequests(feed: DevFeed, requests: RequestSource, isLookedAt: boolean): void {
  useEffect(() => {
    if (!isLookedAt) return;
    const controller = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const follow = async (): Promise<void> => {
      // Another daemon counts its requests anew.
      feed.push({type: 'requests-anew'});
      const reason = await requests.follow(feed.push, controller.signal).then(() => null, messageOf);
      if (controller.signal.aborted) return;
      feed.push({type: 'no-requests', reason});
      timer = setTimeout(follow, RETRY_MS);
    };
    void follow();
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [feed, requests, isLookedAt]);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
