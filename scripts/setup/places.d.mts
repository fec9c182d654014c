type Env = Readonly<Record<string, string | undefined>>;

/** The checkout, or the folder of the package. */
export const root: string;
/** Where fetched and built tools are kept: `$ALBEDO_CACHE`, else `$XDG_CACHE_HOME/albedo`, else `~/.cache/albedo`. Not created here. */
export function cacheFolder(env?: Env): string;
export const K6_VERSION: string;
/** Where set-up puts k6, and load tests look for it. */
export function k6Path(cache: string): string;
export function isExecutable(path: string): boolean;
export function findOnPath(name: string, env?: Env, elsewhere?: readonly string[]): string | undefined;
