/** A system call as a filter sees it. */
export interface Call {
  readonly architecture: number;
  readonly number: number;
  readonly args?: readonly number[];
}

/** Runs a classic BPF program as the kernel does (linux/filter.h), for the instructions that filters of ours have. */
export function judgeCall(filter: Buffer, { architecture, number, args = [] }: Call): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number >>> 0, 0);
  data.writeUInt32LE(architecture >>> 0, 4);
  for (const [index, value] of args.entries()) data.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), 16 + 8 * index);
  let accumulator = 0;
  for (let at = 0; at < filter.length / 8; at += 1) {
    const code = filter.readUInt16LE(8 * at);
    const operand = filter.readUInt32LE(8 * at + 4);
    const jump = (yes: boolean) => {
      at += filter.readUInt8(8 * at + (yes ? 2 : 3));
    };
    if (code === 0x20) accumulator = data.readUInt32LE(operand);
    else if (code === 0x06) return operand;
    else if (code === 0x15) jump(accumulator === operand);
    else if (code === 0x35) jump(accumulator >= operand);
    else if (code === 0x45) jump((accumulator & operand) !== 0);
    else throw new Error(`instruction ${code.toString(16)}`);
  }
  throw new Error('the program runs past its end');
}
