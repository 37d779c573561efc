// Headers of the PROXY protocol, version 2, as a balancer sends them.

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

export function proxyBlock(versionAndCommand: number, family: number, ...blocks: readonly Buffer[]): Buffer {
  const block = Buffer.concat(blocks);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(block.length);
  return Buffer.concat([SIGNATURE, Buffer.of(versionAndCommand, family), length, block]);
}

/** Source and destination of the same address and port. */
export function addressBlock(address: readonly number[], port: number): Buffer {
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(port, 0);
  ports.writeUInt16BE(port, 2);
  return Buffer.concat([Buffer.from([...address, ...address]), ports]);
}
