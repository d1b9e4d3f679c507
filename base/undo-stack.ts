/** What must be undone, last first: the part of TC39's AsyncDisposableStack that lunsmith needs; Node 20 and 22 lack it. */
export class UndoStack implements AsyncDisposable {
  #undo: (() => PromiseLike<void>)[] = [];

  /** Takes hold of a resource, which is disposed of with the stack. */
  use<T extends AsyncDisposable>(resource: T): T {
    this.#undo.push(() => resource[Symbol.asyncDispose]());
    return resource;
  }

  /** Adds something to undo. */
  defer(undo: () => Promise<void>): void {
    this.#undo.push(undo);
  }

  /** Hands everything over; disposing of this one does nothing any more. */
  move(): UndoStack {
    const other = new UndoStack();
    [other.#undo, this.#undo] = [this.#undo, []];
    return other;
  }

  /** Undoes all, whatever one of them throws. @throws the first error */
  async [Symbol.asyncDispose](): Promise<void> {
    const errors: unknown[] = [];
    for (let undo = this.#undo.pop(); undo !== undefined; undo = this.#undo.pop()) {
      try {
        await undo();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}
