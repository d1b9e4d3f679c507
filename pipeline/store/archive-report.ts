/** What an export or import of a store is asked, and what it did. */

export interface ArchiveRequest {
  /** Absolute paths. */
  readonly store: string;
  readonly folder: string;
}

export interface ArchiveReport {
  /** Absolute path of the exported form. */
  readonly folder: string;
  /** Exported: all that it holds. Imported: what the store did not have; bytes are those of the files in the folder. */
  readonly layers: { readonly count: number; readonly bytes: number };
  readonly packages: { readonly count: number; readonly bytes: number };
  /** Paths in the folder that were not taken, each with the reason. */
  readonly refused: readonly string[];
}
