/** What the commands of the cache do, from outside the sandbox. */

import type { Emit } from '../base/event.js';
import { enterSandbox } from '../pipeline/sandbox/enter.js';
import type { ToolNeed } from '../pipeline/stage.js';
import type { ArchiveReport, ArchiveRequest } from '../pipeline/store/archive-report.js';
import type { GarbageReport } from '../pipeline/store/garbage/report.js';
import type { GarbageRequest } from '../pipeline/store/garbage/request.js';
import type { VerifyReport, VerifyRequest } from '../pipeline/store/verify-report.js';
import { requireHost } from '../pipeline/tools.js';
import type { CacheInside } from './inside/cache.js';

const ARCHIVE_TOOLS: readonly ToolNeed[] = [
  { name: 'tar', package: 'tar' },
  { name: 'zstd', package: 'zstd' },
];

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

/** @param way out of the store, or into it */
export async function archive(
  way: 'export' | 'import',
  request: ArchiveRequest,
  emit: Emit,
  signal: AbortSignal,
): Promise<ArchiveReport> {
  await requireHost(ARCHIVE_TOOLS);
  return (await inside({ do: way, request }, emit, signal)) as ArchiveReport;
}

function inside(payload: CacheInside, emit: Emit, signal: AbortSignal): Promise<unknown> {
  return enterSandbox({ module: 'app/inside/cache.js', payload, network: 'own' }, emit, signal);
}
