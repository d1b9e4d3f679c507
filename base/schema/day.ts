/** Days as recipes write them, `2026-11-01` (RFC 3339, full-date). */
import { z } from 'zod';

/** Whether a text of the form of a day is one of the calendar's. */
export function isDay(text: string): boolean {
  const time = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text);
}

/** What a schema tells of a day that no calendar has. */
export const NO_SUCH_DAY = 'the calendar has no such day';

export const daySchema = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, { error: 'a day, such as 2026-11-01', abort: true })
  .refine(isDay, NO_SUCH_DAY);
