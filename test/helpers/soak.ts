/** `npm run soak` runs the long suites in full; `npm test` a sample of each. */
export const isSoak = process.env.TAKO_SOAK === '1';

const SOAK_FACTOR = 20;

/** How often a fuzz test runs: as often as said, and twenty times that under soak. */
export const runs = (sample: number): number => (isSoak ? sample * SOAK_FACTOR : sample);

/** As `runs`, where soak has a number of its own. */
export const scaled = (sample: number, soak: number): number => (isSoak ? soak : sample);
