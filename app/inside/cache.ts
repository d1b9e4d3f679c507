/** What looks after the store inside the sandbox, where the files of all mapped users are seen and may be removed. */

import type { Ports } from '../../base/ports.js';
import type { GarbageReport } from '../../pipeline/store/garbage/report.js';
import type { GarbageRequest } from '../../pipeline/store/garbage/request.js';
import { collectGarbage } from '../../pipeline/store/garbage.js';
import { verifyStore } from '../../pipeline/store/verify.js';
import { type VerifyReport, type VerifyRequest } from '../../pipeline/store/verify-report.js';

export type CacheInside =
  | { readonly do: 'gc'; readonly request: GarbageRequest }
  | { readonly do: 'verify'; readonly request: VerifyRequest };

export async function inside(payload: CacheInside, ports: Ports): Promise<GarbageReport | VerifyReport> {
  return payload.do === 'gc' ? collectGarbage(payload.request, ports) : verifyStore(payload.request, ports);
}
