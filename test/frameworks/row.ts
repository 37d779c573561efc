/** One line of the matrix: an app as its own tools make it, and what has to be seen of it. */
export type Row = {
  /** The app's folder and its name: it is served as `id.test`. */
  readonly id: string;
  readonly framework: string;
  /** Whose versions the table shows, as installed. */
  readonly versions: readonly Version[];
  readonly source: Source;
  /** Runs where time is short. */
  readonly isQuick?: boolean;
  /** Programs that the machine must have. */
  readonly needs?: readonly ('python3' | 'go')[];
  /** Programs from the npm registry that a user of it has on the path. */
  readonly tools?: readonly string[];
  /** What its page says. */
  readonly text: string;
  /** What follows by itself after that, as the answer over a WebSocket. */
  readonly afterwards?: string;
  /** Its dev server answers names that it was not told of with this status. */
  readonly refusal?: Refusal;
  readonly form?: Form;
  readonly edit: Edit;
  readonly update: Update;
  readonly note?: string;
};

/** From package.json files below node_modules, from the Python of the project, or as the program itself says. */
export type Version = {readonly of: 'npm' | 'python' | 'go'; readonly name: string};

/**
 * `generator`: words after `npx --yes`, run beside the app's folder, which it makes; a page may be added, as its developer
 * would. `fixture`: a folder of fixtures/. Either way, the dependencies it names are then installed.
 */
export type Source =
  | {readonly generator: readonly string[]; readonly addedFixture?: string}
  | {readonly fixture: string};

/** The button that sends a form of a page, and what is answered. */
export type Form = {readonly path: string; readonly button: string; readonly text: string};

export type Refusal = {readonly status: number; readonly path?: string};

/** The text `before`, in a file of the app, becomes `after`, which the page then shows. */
export type Edit = {readonly file: string; readonly before: string; readonly after: string};

/**
 * What an edit does to an open page. `state kept`: a counter that was clicked stays. `page kept`: no reload. `reloaded`: by
 * the framework's own socket. `reloaded by tako`: its server knows nothing of open pages.
 */
export type Update = 'state kept' | 'page kept' | 'reloaded' | 'reloaded by tako';

/** What was seen when a row ran. */
export type Result = {
  readonly versions: string;
  /** The command tako decided on. */
  readonly command: readonly string[];
  /** The port it was told in PORT, and the one it is on. */
  readonly port: {readonly reserved: number | undefined; readonly own: number};
};
