/** What is to be fetched. */

/** Where a file is. */
export interface Place {
  readonly url: string;
  /** Value of the header `Authorization`, a secret. */
  readonly authorization?: string;
}

export interface Download extends Place {
  /** Where else it is: asked one after the other when the place before does not hand it out. */
  readonly others?: readonly Place[];
  /** What it is, for messages: `openssh-server 1:9.2p1-2`. */
  readonly name: string;
  /** Where the whole file will be; what has come of it is beside it as `*.partial`. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}
