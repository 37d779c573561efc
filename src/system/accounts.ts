/** The range that login.defs(5) has for accounts of people; above it are those of services and containers. */
const PEOPLE = {from: 1_000, to: 60_000} as const;
const NO_LOGIN = /\/(?:nologin|false)$/;

type Account = {readonly name: string; readonly uid: number; readonly shell: string};

/**
 * Whether this user is the only one to work here, by the accounts in /etc/passwd. One who is not among them has an account
 * of a network's, and others have, too.
 */
export function isOneUsersOnly(user: string, passwd: string): boolean {
  const accounts = parse(passwd);
  const people = accounts.filter(({uid, shell}) => uid >= PEOPLE.from && uid < PEOPLE.to && !NO_LOGIN.test(shell));
  return accounts.some(({name}) => name === user) && people.every(({name}) => name === user);
}

/** The name of an account, or its number where it has none here. */
export const accountOf = (uid: number, passwd: string): string =>
  parse(passwd).find(account => account.uid === uid)?.name ?? `user ${uid}`;

const parse = (passwd: string): Account[] =>
  passwd
    .split('\n')
    .filter(line => line.includes(':'))
    .map(line => {
      const [name = '', , uid, , , , shell = ''] = line.split(':');
      return {name, uid: Number(uid), shell};
    });
