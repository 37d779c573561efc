/** The small answer: the "Hello, World!" of most published measurements. */
export const SMALL_BODY = 'Hello, World!';

/** The large body, down and up: 10 MiB. */
export const LARGE_BODY_BYTES = 10 * 2 ** 20;
