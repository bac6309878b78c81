import { type FileHandle, open } from 'node:fs/promises';

/** The log of a run, on disk as it comes. */
export class LogFile {
  readonly #file: FileHandle;
  #last: Promise<void> = Promise.resolve();
  #failure: unknown;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Makes the file, which must be new. */
  static async create(path: string): Promise<LogFile> {
    return new LogFile(await open(path, 'wx', 0o600));
  }

  /** Writes after what was written before. */
  write(part: Uint8Array): void {
    this.#last = this.#last.then(async () => {
      try {
        if (this.#failure === undefined) await this.#file.appendFile(part);
      } catch (error) {
        this.#failure = error;
      }
    });
  }

  /** Gives whether all of it is on disk: a full disk is no reason to break off a tool in the middle of its work. */
  async close(): Promise<boolean> {
    await this.#last;
    try {
      await this.#file.sync();
    } catch (error) {
      this.#failure ??= error;
    }
    await this.#file.close();
    return this.#failure === undefined;
  }
}
