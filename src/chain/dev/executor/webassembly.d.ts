/** The part of the WebAssembly JavaScript interface that the executor uses; TypeScript has it in its DOM library only. */
declare namespace WebAssembly {
  type ImportValue = CallableFunction | Memory | Global;
  type Exports = Readonly<Record<string, CallableExport | Memory | Global>>;
  type CallableExport = (...args: (number | bigint)[]) => bigint;

  interface ImportDescriptor {
    module: string;
    name: string;
    kind: 'function' | 'table' | 'memory' | 'global' | 'tag';
  }

  class Module {
    constructor(bytes: Uint8Array);
    static imports(module: Module): ImportDescriptor[];
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, ImportValue>>);
    readonly exports: Exports;
  }
  class Memory {
    private constructor();
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  class Global {
    private constructor();
    readonly value: number;
  }
  class RuntimeError extends Error {}
}
