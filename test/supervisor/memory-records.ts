import type {InstanceRecord, InstanceRecords} from '../../src/supervisor/instance-records.js';

/** Instance records that live as long as the test. */
export function createMemoryRecords(initial: readonly InstanceRecord[] = []): InstanceRecords {
  const records = new Map(initial.map(record => [record.id, record]));
  return {
    add: record => void records.set(record.id, record),
    setPid: (id, pid, startTime) => {
      const record = records.get(id);
      if (record) records.set(id, {...record, pid, startTime});
    },
    remove: id => void records.delete(id),
    all: () => [...records.values()],
  };
}
