import type { Order } from '../service/api/client.ts';

export type CommandLine =
  | { kind: 'order'; order: Order }
  | { kind: 'quit' }
  | { kind: 'console'; dvm: string }
  | { kind: 'nothing' }
  | { kind: 'wrong'; message: string };

/** Reads what was typed after `:`. */
export function parseCommandLine(text: string): CommandLine {
  const words = text.trim().split(/\s+/).filter(Boolean);
  const [first, second, third] = words;
  if (first === undefined) return { kind: 'nothing' };
  if (words.length === 1) {
    if (first === 'q' || first === 'quit') return { kind: 'quit' };
    if (first === 'pause' || first === 'resume' || first === 'stop') return { kind: 'order', order: first };
  }
  if (first === 'dvm' && (second === 'stop' || second === 'console')) {
    if (words.length !== 3 || third === undefined) {
      return { kind: 'wrong', message: `Say which DVM: \`:dvm ${second} NAME\`.` };
    }
    return second === 'stop' ? { kind: 'order', order: { stopDvm: third } } : { kind: 'console', dvm: third };
  }
  return { kind: 'wrong', message: `There is no order \`:${words.join(' ')}\`. Press ? for help.` };
}

/** How an order is called in messages: `pause`, `dvm stop web-1`. */
export function orderText(order: Order): string {
  return typeof order === 'string' ? order : `dvm stop ${order.stopDvm}`;
}
