// What a phone does with mDNS, in its own network namespace: phone.mjs ADDRESS COMMAND ...
//
//   ask NAME TYPE   asks until there is an answer and prints its records; "nothing" after two seconds
//   be NAME         is called so, and answers whoever asks, until it is killed
//   hear NAME       prints each record of that name that it hears, until it is killed
//   shout SEED N    sends N packets that are wrong, or mean

import {createSocket} from 'node:dgram';
import multicastDns from 'multicast-dns';

const [, , address, command, ...args] = process.argv;
const GROUP = '224.0.0.251';
const PORT = 5353;

const commands = {
  ask([name, type]) {
    const mdns = multicastDns({interface: address, bind: '0.0.0.0'});
    const timer = setInterval(() => mdns.query(name, type), 300);
    const end = text => {
      clearInterval(timer);
      console.log(text);
      mdns.destroy();
    };
    const late = setTimeout(() => end('nothing'), 2_000);
    mdns.on('response', ({answers, additionals}, {address: from}) => {
      const found = answers.filter(record => record.name === name && record.type === type && record.ttl > 0);
      if (found.length === 0) return;
      clearTimeout(late);
      end(JSON.stringify({from, answers: found, additionals}));
    });
    mdns.on('ready', () => mdns.query(name, type));
  },
  be([name]) {
    const mdns = multicastDns({interface: address, bind: '0.0.0.0'});
    const answers = [{name, type: 'A', ttl: 120, flush: true, data: address}];
    mdns.on('query', ({questions}) => {
      if (questions.some(question => question.name === name)) mdns.respond({answers});
    });
    mdns.on('ready', () => console.log('ready'));
  },
  hear([name]) {
    const mdns = multicastDns({interface: address, bind: '0.0.0.0'});
    mdns.on('response', ({answers}) => {
      for (const record of answers) if (record.name === name) console.log(JSON.stringify(record));
    });
    mdns.on('ready', () => console.log('ready'));
  },
  shout([seed, count]) {
    const socket = createSocket('udp4');
    socket.bind(0, address, async () => {
      socket.setMulticastInterface(address);
      for (const packet of packets(Number(seed), Number(count))) {
        await new Promise(resolve => socket.send(packet, PORT, GROUP, resolve));
      }
      socket.close();
    });
  },
};

/** A query and a response for the name, with some bytes changed, cut off or added. */
function* packets(seed, count) {
  let state = seed;
  const below = limit => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  for (let sent = 0; sent < count; sent++) {
    const head = Buffer.from([0, 0, below(2) * 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0]);
    const name = Buffer.from('\x04shop\x05local\x00', 'latin1');
    const body = Buffer.from([...name, 0, 255, 0, 1, 0xc0, 12, 0, 1, 0x80, 1, 0, 0, 0, 120, 0, 4, 10, 9, 8, 7]);
    const packet = Buffer.concat([head, body, Buffer.alloc(below(8), 0xc0)]);
    for (let changes = below(6); changes > 0; changes--) packet[below(packet.length)] = below(256);
    yield packet.subarray(0, below(4) === 0 ? below(packet.length) : packet.length);
  }
}

commands[command](args);
