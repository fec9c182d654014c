/** Name, version and repository of the package, all from package.json; docs/releasing.md says how the name is claimed. */
import manifest from '../../package.json' with { type: 'json' };

/** `@scope/albedo`, as it is installed. */
export const PACKAGE: string = manifest.name;
/** `1.2.3`. */
export const VERSION: string = manifest.version;
/** `OWNER/REPOSITORY` on GitHub, where the released workflows are. */
export const REPOSITORY: string = manifest.repository.url.replace(/^git\+https:\/\/github\.com\/|\.git$/g, '');
/** The tag that holds this version with its bundle (`scripts/release.sh`). */
export const TAG = `v${VERSION}`;
