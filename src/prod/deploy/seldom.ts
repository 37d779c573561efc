import type {UploadProgress} from '../remote/upload.js';

/** Between two reports, in milliseconds: as often as a person can read them. */
export const REPORT_INTERVAL_MS = 250;

/** Passes on the first report and the one that all has arrived, and of those between a few per second. */
export function seldom(
  report: (progress: UploadProgress) => void,
  now: () => number = () => performance.now(),
): (progress: UploadProgress) => void {
  let reportedAt = Number.NEGATIVE_INFINITY;
  return progress => {
    const isLast = progress.objects === progress.totalObjects;
    if (!isLast && now() - reportedAt < REPORT_INTERVAL_MS) return;
    reportedAt = now();
    report(progress);
  };
}
