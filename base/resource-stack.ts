/** Things that are given up in the reverse order of how they were taken (Node 20 has no AsyncDisposableStack). */

export class ResourceStack implements AsyncDisposable {
  private held: AsyncDisposable[] = [];

  use<T extends AsyncDisposable>(resource: T): T {
    this.held.push(resource);
    return resource;
  }

  /** Hands everything over; disposing of this one does nothing any more. */
  move(): ResourceStack {
    const other = new ResourceStack();
    [other.held, this.held] = [this.held, []];
    return other;
  }

  /** Gives up all, whatever one of them throws. @throws the first error */
  async [Symbol.asyncDispose](): Promise<void> {
    const errors: unknown[] = [];
    for (let next = this.held.pop(); next !== undefined; next = this.held.pop()) {
      try {
        await next[Symbol.asyncDispose]();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}
