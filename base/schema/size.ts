/** Sizes in what users write. */
import { z } from 'zod';
import { parseSize } from '../size.js';
import { checked } from './checked.js';

/** A size as written, in bytes once parsed. */
export const sizeSchema = checked(z.union([z.string(), z.int()], 'a size such as `512M`'), parseSize);
