/** Ends the process when nobody reads its output any more (`logos help | head`): the reader's choice, and no failure by itself. */
export function endWhenUnread(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
}
