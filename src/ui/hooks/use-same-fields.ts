import {useRef} from 'react';

/** The object as it was before for as long as all its fields are the same. */
export function useSameFields<Fields extends object>(fields: Fields): Fields {
  const kept = useRef(fields);
  const isSame = Object.entries(fields).every(([name, value]) => Object.is(value, kept.current[name as keyof Fields]));
  if (!isSame) kept.current = fields;
  return kept.current;
}
