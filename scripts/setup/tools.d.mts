export type ToolName = 'python' | 'k6' | 'haproxy';
type Env = Readonly<Record<string, string | undefined>>;

/** Part -> what it is for, and about how much is fetched. */
export const TOOLS: Readonly<Record<ToolName, string>>;
/** Of these parts, those that are missing; `text` is what would be done. Changes nothing and asks no network. */
export function missingTools(names: readonly ToolName[], env?: Env): Promise<readonly { readonly name: ToolName; readonly text: string }[]>;
/** Installs these parts; answers 0 when all are there, else 1, or 128 + n after a signal. */
export function installTools(
  names: readonly ToolName[],
  options?: { readonly checkOnly?: boolean; readonly quiet?: boolean },
  env?: Env,
): Promise<number>;
