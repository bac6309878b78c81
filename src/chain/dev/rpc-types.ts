/** An answer that JSON-RPC has a number for. */
export class RpcError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export type RpcMethod = (params: readonly unknown[]) => unknown | Promise<unknown>;
export type RpcMethods = Readonly<Record<string, RpcMethod>>;
