/** What must be undone, last first: the part of AsyncDisposableStack that Node 20 lacks. */
export class Cleanups implements AsyncDisposable {
  readonly #undo: (() => Promise<void>)[] = [];

  /** Adds something to undo. */
  defer(undo: () => Promise<void>): void {
    this.#undo.push(undo);
  }

  /** Undoes all, also when one fails. @throws the first error. */
  async [Symbol.asyncDispose](): Promise<void> {
    const errors: unknown[] = [];
    for (let undo = this.#undo.pop(); undo !== undefined; undo = this.#undo.pop()) {
      await undo().catch((error: unknown) => errors.push(error));
    }
    if (errors.length > 0) throw errors[0];
  }
}
