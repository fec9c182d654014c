import type { BuildOptions } from 'esbuild';

/** Never written by esbuild itself: the answer holds the files. */
export const settings: BuildOptions & { readonly write: false };
