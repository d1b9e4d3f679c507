/** What the commands of the cache do, from outside the sandbox. */

import type { Emit } from '../base/event.js';
import { enterSandbox } from '../pipeline/sandbox/enter.js';
import type { GarbageReport } from '../pipeline/store/garbage/report.js';
import type { GarbageRequest } from '../pipeline/store/garbage/request.js';
import type { VerifyReport, VerifyRequest } from '../pipeline/store/verify-report.js';
import type { CacheInside } from './inside/cache.js';

export async function collect(
  request: GarbageRequest,
  emit: Emit,
  signal: AbortSignal,
): Promise<GarbageReport> {
  return (await inside({ do: 'gc', request }, emit, signal)) as GarbageReport;
}

export async function verify(request: VerifyRequest, emit: Emit, signal: AbortSignal): Promise<VerifyReport> {
  return (await inside({ do: 'verify', request }, emit, signal)) as VerifyReport;
}

function inside(payload: CacheInside, emit: Emit, signal: AbortSignal): Promise<unknown> {
  return enterSandbox({ module: 'app/inside/cache.js', payload, network: 'own' }, emit, signal);
}
