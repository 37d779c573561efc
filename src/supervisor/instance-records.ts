/** What is needed to find an app's processes again after ours has died. */
export type InstanceRecord = {
  /** The value of TAKO_INSTANCE in the environment of the app and all it starts. */
  readonly id: string;
  readonly app: string;
  /** The leader, and its group; undefined until it has been spawned. */
  readonly pid: number | undefined;
  /** Of the leader; with the pid it names one process for ever. Undefined when the leader had gone before it was read. */
  readonly startTime: string | undefined;
};

/** Must survive our own death. A record is added before its process exists, and removed when its group has ended. */
export type InstanceRecords = {
  add(record: InstanceRecord): void;
  setPid(id: string, pid: number, startTime: string | undefined): void;
  remove(id: string): void;
  all(): readonly InstanceRecord[];
};
