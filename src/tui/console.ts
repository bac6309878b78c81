import { interactiveConsole, openConsole, withLibvirt } from '../hypervisor/index.ts';
import { toLogosError } from '../system/errors.ts';
import type { Home } from '../system/home.ts';
import type { Notice } from './state.ts';

/** The terminal's other screen, from its top, so that what the viewer had before the dashboard stays (xterm, DECSET 1049). */
const ENTER = '\u001B[?1049h\u001B[2J\u001B[H';
const LEAVE = '\u001B[?1049l';

/** Gives the whole terminal to a DVM's console until Ctrl-] or its end, and then says what became of it. Never throws. */
export async function showConsole(
  home: Home,
  dvm: string,
  terminal: Pick<NodeJS.Process, 'stdin' | 'stdout'>,
): Promise<Notice> {
  const never = new AbortController().signal;
  try {
    await withLibvirt(home, async (libvirt) => {
      const console = await openConsole(libvirt, dvm);
      terminal.stdout.write(`${ENTER}Console of ${dvm}; Ctrl-] goes back.\r\n`);
      await interactiveConsole(console, terminal, never).finally(() => terminal.stdout.write(LEAVE));
    });
    return { tone: 'dim', text: `console of ${dvm}: left` };
  } catch (thrown) {
    return { tone: 'bad', text: `console of ${dvm}: ${toLogosError(thrown).message}` };
  }
}
