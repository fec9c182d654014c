/** An editor's side of the YAML language server (yaml-language-server, which VS Code, Neovim and others run), over its standard streams. */

import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface Diagnostic {
  readonly message: string;
  /** 1: error, 2: warning. */
  readonly severity: number;
  readonly range: { readonly start: Position };
}
interface Position {
  /** Both counted from 0. */
  readonly line: number;
  readonly character: number;
}

export interface YamlEditor {
  /** Opens a text under a path, which need not exist, and resolves with what the server finds. */
  check(path: string, text: string): Promise<readonly Diagnostic[]>;
  /** Labels at the place of `|` in the text. */
  complete(
    path: string,
    text: string,
  ): Promise<readonly { readonly label: string; readonly documentation?: unknown; readonly insertText?: string }[]>;
  /** What is shown over the place behind `|`. */
  hover(path: string, text: string): Promise<string>;
  stop(): Promise<void>;
}

/** How long it may take to answer (ms). */
const LIMIT = 60_000;

/** `settings`: those under `yaml` in an editor, such as `schemas`. No schema is looked for outside. */
export async function openYamlEditor(settings: object = {}): Promise<YamlEditor> {
  const bin = join(dirname(createRequire(import.meta.url).resolve('yaml-language-server/package.json')), 'bin/yaml-language-server');
  const child = spawn(process.execPath, [bin, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const rpc = speak(child, { yaml: { schemaStore: { enable: false }, validate: true, hover: true, completion: true, ...settings } });
  await rpc.ask('initialize', {
    processId: process.pid,
    rootUri: null,
    capabilities: {
      workspace: { configuration: true },
      textDocument: {
        completion: { completionItem: { snippetSupport: true, documentationFormat: ['markdown'] } },
        hover: { contentFormat: ['markdown'] },
      },
    },
  });
  rpc.tell('initialized', {});
  rpc.tell('workspace/didChangeConfiguration', { settings: {} });
  let versions = 0;
  const open = new Set<string>();
  const show = (path: string, text: string): string => {
    const uri = pathToFileURL(path).href;
    versions += 1;
    if (open.has(uri)) rpc.tell('textDocument/didChange', { textDocument: { uri, version: versions }, contentChanges: [{ text }] });
    else rpc.tell('textDocument/didOpen', { textDocument: { uri, languageId: 'yaml', version: versions, text } });
    open.add(uri);
    return uri;
  };
  const at = (marked: string): { readonly text: string; readonly position: Position } => {
    const before = marked.slice(0, marked.indexOf('|')).split('\n');
    return { text: marked.replace('|', ''), position: { line: before.length - 1, character: (before.at(-1) ?? '').length } };
  };
  return {
    async check(path, text) {
      const found = rpc.diagnosticsOf(pathToFileURL(path).href);
      show(path, text);
      return found;
    },
    async complete(path, marked) {
      const { text, position } = at(marked);
      const uri = show(path, text);
      const answer = (await rpc.ask('textDocument/completion', { textDocument: { uri }, position })) as { items?: [] } | null;
      return answer?.items ?? [];
    },
    async hover(path, marked) {
      const { text, position } = at(marked);
      const uri = show(path, text);
      const answer = (await rpc.ask('textDocument/hover', { textDocument: { uri }, position })) as { contents: { value: string } } | null;
      return answer?.contents.value ?? '';
    },
    async stop() {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      await rpc.ask('shutdown', null);
      rpc.tell('exit', undefined);
      await gone;
    },
  };
}

/** JSON-RPC with the headers of the language server protocol. Requests of the server are answered with the configuration, or nothing. */
function speak(child: ChildProcess, configuration: { readonly yaml: object }) {
  let rest = Buffer.alloc(0);
  let last = 0;
  const waiting = new Map<number, (answer: unknown) => void>();
  const watchers = new Map<string, (found: readonly Diagnostic[]) => void>();
  const send = (message: object): void => {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    child.stdin?.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  };
  const section = (name: string): unknown => (name === 'yaml' ? configuration.yaml : null);
  const take = (message: { id?: number; method?: string; params?: never; result?: unknown; error?: unknown }): void => {
    if (message.method === undefined) {
      waiting.get(message.id ?? 0)?.(message.error ?? message.result);
      waiting.delete(message.id ?? 0);
    } else if (message.id !== undefined) {
      const { items = [] } = (message.params ?? {}) as { items?: readonly { section: string }[] };
      send({ id: message.id, result: message.method === 'workspace/configuration' ? items.map((item) => section(item.section)) : null });
    } else if (message.method === 'textDocument/publishDiagnostics') {
      const { uri, diagnostics } = message.params as unknown as { uri: string; diagnostics: readonly Diagnostic[] };
      watchers.get(uri)?.(diagnostics);
      watchers.delete(uri);
    }
  };
  child.stdout?.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const end = rest.indexOf('\r\n\r\n');
      const length = Number(/Content-Length: (\d+)/.exec(rest.subarray(0, Math.max(end, 0)).toString())?.[1] ?? Number.NaN);
      if (end < 0 || !(rest.length >= end + 4 + length)) return;
      const body = rest.subarray(end + 4, end + 4 + length).toString();
      rest = rest.subarray(end + 4 + length);
      take(JSON.parse(body));
    }
  });
  const within = <T>(what: string, begin: (done: (value: T) => void) => void): Promise<T> =>
    new Promise((resolve, reject) => {
      const alarm = setTimeout(() => reject(new Error(`the language server gave no ${what}`)), LIMIT);
      begin((value) => {
        clearTimeout(alarm);
        resolve(value);
      });
    });
  return {
    tell: (method: string, params: unknown) => send({ method, params }),
    ask: (method: string, params: unknown): Promise<unknown> =>
      within(`answer to ${method}`, (done) => {
        last += 1;
        waiting.set(last, done);
        send({ id: last, method, params });
      }),
    diagnosticsOf: (uri: string): Promise<readonly Diagnostic[]> => within('diagnostics', (done) => void watchers.set(uri, done)),
  };
}
