/** What looks after the store inside the sandbox, where the files of all mapped users are seen and may be removed. */

import type { Ports } from '../../base/ports.js';
import { exportStore, importStore } from '../../pipeline/store/archive.js';
import type { ArchiveReport, ArchiveRequest } from '../../pipeline/store/archive-report.js';
import type { GarbageReport } from '../../pipeline/store/garbage/report.js';
import type { GarbageRequest } from '../../pipeline/store/garbage/request.js';
import { collectGarbage } from '../../pipeline/store/garbage.js';
import { verifyStore } from '../../pipeline/store/verify.js';
import { type VerifyReport, type VerifyRequest } from '../../pipeline/store/verify-report.js';

export type CacheInside =
  | { readonly do: 'gc'; readonly request: GarbageRequest }
  | { readonly do: 'verify'; readonly request: VerifyRequest }
  | { readonly do: 'export' | 'import'; readonly request: ArchiveRequest };

export async function inside(
  payload: CacheInside,
  ports: Ports,
): Promise<GarbageReport | VerifyReport | ArchiveReport> {
  switch (payload.do) {
    case 'gc':
      return collectGarbage(payload.request, ports);
    case 'verify':
      return verifyStore(payload.request, ports);
    case 'export':
      return exportStore(payload.request, ports);
    case 'import':
      return importStore(payload.request, ports);
  }
}
