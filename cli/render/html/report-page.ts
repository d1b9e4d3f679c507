/** A report as one HTML file. */
import type { Report } from '../../../app/report/report.js';
import { clientPage } from './client-page.js';
import { hostPage } from './host-page.js';
import { pageText } from './page.js';
import { releasePage } from './release-page.js';

/** @param now when the report was made */
export function reportPage(report: Report, version: string, now: Date): string {
  return pageText({ ...pageOf(report, now), version });
}

function pageOf(report: Report, now: Date) {
  if (report.kind === 'release') return releasePage(report);
  return report.kind === 'host' ? hostPage(report, now) : clientPage(report, now);
}
