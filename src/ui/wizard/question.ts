/** What has been answered so far, by the ids of questions. */
export type Answers = Readonly<Record<string, string>>;

/** A question that is answered by a line of text. */
export type TextQuestion = {
  readonly type: 'text';
  readonly id: string;
  /** `Name of the app`. */
  readonly title: string;
  /** What is good to know about it. */
  readonly hint?: string;
  /** The answer when nothing is typed. */
  readonly initial: (answers: Answers) => string;
  /** What is wrong with an answer, for people. Undefined: nothing. */
  readonly check: (value: string, answers: Answers) => string | undefined;
};

/** A question that is answered by one of several. */
export type ChoiceQuestion = {
  readonly type: 'choice';
  readonly id: string;
  readonly title: string;
  readonly hint?: string;
  /** Never empty. */
  readonly choices: readonly Choice[];
};

export type Choice = {
  readonly value: string;
  /** What it is called where it is chosen. */
  readonly label: string;
  /** What it is, in a few words. */
  readonly about: string;
};

/** The last one: whether all that was answered is as it was meant. */
export type Review = {
  readonly type: 'review';
  readonly id: string;
  readonly title: string;
  /** What is about to happen. */
  readonly lines: (answers: Answers) => readonly string[];
};

export type Question = TextQuestion | ChoiceQuestion | Review;
