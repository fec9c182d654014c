/** Completion in bash, zsh and fish: a small script for each shell asks the program, which answers from its own commands and options. */

import type { Command, Option } from 'commander';
import { print } from './shell.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export interface Candidate {
  readonly value: string;
  readonly description: string;
}

export interface Answer {
  readonly candidates: readonly Candidate[];
  /** File names are also possible. */
  readonly files: boolean;
}

/** The candidates for the last word. `words`: those after `albedo`, the last one as far as it was typed. */
export function complete(program: Command, words: readonly string[]): Answer {
  const current = words.at(-1) ?? '';
  let command = program;
  let positional = 0;
  let pending: Option | undefined;
  for (const word of words.slice(0, -1)) {
    if (pending !== undefined) {
      pending = undefined;
      continue;
    }
    if (word.startsWith('-')) {
      const option = optionsOf(command).find(({ long, short }) => long === word || short === word);
      pending = option?.required === true ? option : undefined;
      continue;
    }
    const next = positional === 0 ? command.commands.find((each) => each.name() === word) : undefined;
    if (next === undefined) positional += 1;
    else command = next;
  }
  const from = (candidates: readonly Candidate[], files = false): Answer => ({
    candidates: candidates.filter(({ value }) => value.startsWith(current)),
    files,
  });
  if (pending !== undefined)
    return pending.argChoices === undefined ? from([], takesFile(pending.flags)) : from(pending.argChoices.map(plain));
  if (current.startsWith('-'))
    return from(optionsOf(command).map(({ long, short, description }) => ({ value: long ?? short ?? '', description })));
  const argument = command.registeredArguments[positional] ?? command.registeredArguments.findLast(({ variadic }) => variadic);
  const names = command.createHelp().visibleCommands(command);
  return from(
    [
      ...(positional === 0 ? names.map((each) => ({ value: each.name(), description: each.summary() || each.description() })) : []),
      ...(argument?.argChoices ?? []).map(plain),
    ],
    argument !== undefined && argument.argChoices === undefined && takesFile(argument.description),
  );
}

const plain = (value: string): Candidate => ({ value, description: '' });
const takesFile = (text: string): boolean => /\b(files?|folders?|path)\b/.test(text);

/** Its own options and those of the whole program. */
function optionsOf(command: Command): readonly Option[] {
  const own = command.createHelp().visibleOptions(command);
  return command.parent === null
    ? own
    : [...own, ...optionsOf(command.parent).filter(({ long }) => own.every((each) => each.long !== long))];
}

/** A line for each candidate, with its description after a tab; the last line says whether file names are also possible. */
export function completeCommand(program: Command, words: readonly string[]): number {
  const { candidates, files } = complete(program, words);
  const line = ({ value, description }: Candidate) => `${value}\t${description.split('\n')[0] ?? ''}\n`;
  process.stdout.write(`${candidates.map(line).join('')}${files ? ':files' : ':end'}\n`);
  return 0;
}

/** The script of each shell. Without `albedo` on the PATH it completes nothing and prints nothing. */
const SCRIPTS: Readonly<Record<(typeof SHELLS)[number], string>> = {
  bash: `# albedo, completion for bash. In ~/.bashrc:  source <(albedo completion bash)
_albedo() {
  local IFS=$'\\n' line current=\${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=()
  for line in $(albedo complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null); do
    case "$line" in
      :files) compopt -o filenames 2>/dev/null; COMPREPLY+=($(compgen -f -- "$current")) ;;
      :end) ;;
      *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
    esac
  done
}
complete -F _albedo albedo`,
  zsh: `#compdef albedo
# albedo, completion for zsh. In ~/.zshrc, after compinit:  source <(albedo completion zsh)
_albedo() {
  local line
  local -a found
  for line in "\${(@f)$(albedo complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case "$line" in
      :files) _files ;;
      :end) ;;
      *) found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
    esac
  done
  _describe -V albedo found
}
compdef _albedo albedo`,
  fish: `# albedo, completion for fish. Into ~/.config/fish/completions/albedo.fish:  albedo completion fish > ~/.config/fish/completions/albedo.fish
function __albedo_complete
  set -l words (commandline -opc)[2..-1] (commandline -ct)
  for line in (albedo complete -- $words 2>/dev/null)
    switch $line
      case :files
        __fish_complete_path (commandline -ct)
      case :end
      case '*'
        echo $line
    end
  end
end
complete -c albedo -f -a '(__albedo_complete)'`,
};

export function completionCommand(shell: (typeof SHELLS)[number]): number {
  print(SCRIPTS[shell]);
  return 0;
}
