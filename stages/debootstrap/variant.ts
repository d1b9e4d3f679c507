/** Which packages a base system begins with. */

export type Variant = 'minbase' | 'important' | 'standard';
