/** What a TFTP server has, as a machine that boots from it asks for it. */

export interface TftpFile {
  /** Bytes. */
  readonly size: number;
  /** Its content as text; one asks for it of small files only. */
  text(): Promise<string>;
}

/** Asks for a file by its path without a leading slash; undefined when there is none. */
export type TftpReader = (path: string) => Promise<TftpFile | undefined>;
