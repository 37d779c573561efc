import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {
  answersTo,
  isConflict,
  legacyAnswer,
  losesTieBreak,
  type MdnsQuery,
  wantsUnicast,
} from '../../../../src/devproxy/lan/mdns/answers.js';
import {nthName} from '../../../../src/devproxy/lan/mdns/names.js';
import {hostRecords, isSameRecord, type MdnsRecord, reverseRecord} from '../../../../src/devproxy/lan/mdns/records.js';

const NAME = 'shop.local';
const OWN = [...hostRecords(NAME, ['192.168.1.20', 'fd00::20']), reverseRecord(NAME, '192.168.1.20')];

const query = (name: string, type: string, more: Partial<MdnsQuery> & {readonly class?: string} = {}): MdnsQuery => ({
  questions: [{name, type, class: more.class ?? 'IN'}],
  answers: [],
  authorities: [],
  ...more,
});

const typesOf = (records: readonly MdnsRecord[]): readonly string[] => records.map(({type}) => type).sort();

/** What another host says of its own. */
const theirs = (data: string, more: Partial<MdnsRecord> = {}): MdnsRecord => ({
  name: NAME,
  type: data.includes(':') ? 'AAAA' : 'A',
  class: 'IN',
  ttl: 120,
  data,
  ...more,
});

describe('an mDNS query', () => {
  it('is answered with the addresses of the name, the other ones at hand', () => {
    const {answers, additionals} = answersTo(query('SHOP.local', 'A'), OWN);
    assert.deepEqual(
      answers.map(({data}) => data),
      ['192.168.1.20'],
    );
    assert.deepEqual(typesOf(additionals), ['AAAA', 'NSEC']);
  });

  it('for everything gets all there is', () => {
    assert.deepEqual(typesOf(answersTo(query(NAME, 'ANY'), OWN).answers), ['A', 'AAAA', 'NSEC']);
  });

  it('for a type that the name does not have is told which it has', () => {
    const [nsec, ...more] = answersTo(query(NAME, 'TXT'), OWN).answers;
    assert.deepEqual([nsec?.type, nsec?.data, more], ['NSEC', {nextDomain: NAME, rrtypes: ['A', 'AAAA']}, []]);
    assert.deepEqual(typesOf(answersTo(query(NAME, 'AAAA'), hostRecords(NAME, ['10.0.0.1'])).answers), ['NSEC']);
  });

  it('for another name, or of another class, is nothing to us', () => {
    assert.deepEqual(answersTo(query('blog.local', 'A'), OWN).answers, []);
    assert.deepEqual(answersTo(query(NAME, 'A', {class: 'CH'}), OWN).answers, []);
  });

  it('for the name of an address is answered with one that claims nothing', () => {
    const {answers, additionals} = answersTo(query('20.1.168.192.in-addr.arpa', 'PTR'), OWN);
    assert.deepEqual(
      answers.map(({data, flush}) => [data, flush]),
      [[NAME, false]],
    );
    assert.deepEqual(additionals, []);
  });

  it('is not answered with what its sender knows for half of its time at least', () => {
    const known = (ttl: number) => answersTo(query(NAME, 'A', {answers: [theirs('192.168.1.20', {ttl})]}), OWN).answers;
    assert.deepEqual(known(60), []);
    assert.equal(known(59).length, 1);
  });

  it('may ask for an answer to itself', () => {
    assert.equal(wantsUnicast(query(NAME, 'A', {class: 'UNKNOWN_32769'})), true);
    assert.equal(answersTo(query(NAME, 'A', {class: 'UNKNOWN_32769'}), OWN).answers.length, 1);
    assert.equal(wantsUnicast(query(NAME, 'A')), false);
  });

  it('of a simple resolver gets its question back, and nothing of what only mDNS has', () => {
    const asked = query(NAME, 'A', {id: 4711});
    const answer = legacyAnswer(asked, answersTo(asked, OWN)) as MdnsQuery;
    assert.equal(answer.id, 4711);
    assert.deepEqual(answer.questions, asked.questions);
    assert.deepEqual(
      answer.answers.map(({ttl, flush}) => [ttl, flush]),
      [[10, false]],
    );
  });
});

describe('a record of another host', () => {
  const conflicts = (...records: MdnsRecord[]) => isConflict(NAME, records, ['192.168.1.20', 'fe80::20', 'fd00::20']);

  it('is a conflict when it has our name for another address', () => {
    assert.equal(conflicts(theirs('192.168.1.7')), true);
    assert.equal(conflicts(theirs('fd00::7', {name: 'Shop.Local'})), true);
  });

  it('is none when it means this machine, says goodbye, or is of another name or kind', () => {
    assert.equal(conflicts(theirs('192.168.1.20'), theirs('fe80:0:0:0:0:0:0:20')), false);
    assert.equal(conflicts(theirs('192.168.1.7', {ttl: 0})), false);
    assert.equal(conflicts(theirs('192.168.1.7', {name: 'blog.local'})), false);
    assert.equal(conflicts({...theirs('x'), type: 'TXT', data: []}), false);
  });

  it('decides who may have a name that both probe for: the later one in order, of type and bytes', () => {
    const ours = hostRecords(NAME, ['192.168.1.20']);
    assert.equal(losesTieBreak(ours, [theirs('192.168.1.100')]), true);
    assert.equal(losesTieBreak(ours, [theirs('192.168.1.3')]), false);
    assert.equal(losesTieBreak(ours, [theirs('192.168.1.20')]), false);
    assert.equal(losesTieBreak(ours, [theirs('192.168.1.20'), theirs('fe80::1')]), true);
    assert.equal(losesTieBreak(hostRecords(NAME, ['192.168.1.20', 'fd00::1']), [theirs('192.168.1.20')]), false);
    assert.equal(losesTieBreak(ours, [theirs('::1')]), true);
  });

  it('is the same as ours however its address is written', () => {
    assert.equal(isSameRecord(theirs('fd00::20'), theirs('FD00:0:0:0:0:0:0:20')), true);
    assert.equal(isSameRecord(theirs('fd00::20'), theirs('fd00::21')), false);
  });
});

describe('a name that is taken', () => {
  it('gets a number behind its first label, which stays a label', () => {
    assert.equal(nthName('shop.local', 1), 'shop.local');
    assert.equal(nthName('api.shop.local', 2), 'api-2.shop.local');
    const long = `${'a'.repeat(63)}.local`;
    assert.equal(nthName(long, 12), `${'a'.repeat(60)}-12.local`);
  });

  it('of an IPv6 address has all of its digits', () => {
    const {name} = reverseRecord(NAME, 'fd00::20');
    assert.equal(name, `0.2.${'0.'.repeat(26)}0.0.d.f.ip6.arpa`);
  });
});
