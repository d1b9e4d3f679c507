/** What is to be fetched. */

export interface Download {
  readonly url: string;
  /** Value of the header `Authorization`, a secret. */
  readonly authorization?: string;
  /** What it is, for messages: `openssh-server 1:9.2p1-2`. */
  readonly name: string;
  /** Where the whole file will be; what has come of it is beside it as `*.partial`. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}
