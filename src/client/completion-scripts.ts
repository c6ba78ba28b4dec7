/** Shells that can be taught to complete. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

// Bash cuts words at `=` and `:` too, so that the line is read anew, and what it cuts off is taken off the answers.
// Written for the bash 3.2 of macOS as well.
const BASH = `# Completion of promoter for bash. In ~/.bashrc: source <(promoter completion bash)
_promoter() {
  local line cur rest cut file
  local -a words
  read -ra words <<<"\${COMP_LINE:0:COMP_POINT}"
  [[ \${COMP_LINE:COMP_POINT-1:1} == ' ' ]] && words+=('')
  cur=\${words[\${#words[@]}-1]}
  rest=\${cur##*[=:]}
  cut=\${cur%"$rest"}
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen -f -- "$rest")
    else
      line=\${line%%$'\\t'*}
      COMPREPLY+=("\${line#"$cut"}")
    fi
  done < <(promoter completion --words -- "\${words[@]:1}" 2>/dev/null)
}
complete -F _promoter promoter
`;

const ZSH = `#compdef promoter
# Completion of promoter for zsh. In ~/.zshrc, below compinit: source <(promoter completion zsh)
_promoter() {
  local line word files=
  local -a candidates
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      files=yes
    else
      word=\${line%%$'\\t'*}
      candidates+=("\${word//:/\\\\:}:\${line#*$'\\t'}")
    fi
  done < <(promoter completion --words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#candidates} )); then _describe 'promoter' candidates; fi
  if [[ -n $files ]]; then
    compset -P '--*='
    _files
  fi
}
compdef _promoter promoter
`;

const FISH = `# Completion of promoter for fish. In ~/.config/fish/config.fish: promoter completion fish | source
function __promoter_complete
    set -l words (commandline -opc)
    set -l cur (commandline -ct)
    for line in (promoter completion --words -- $words[2..-1] $cur 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path (string replace -r '^--[^=]*=' '' -- $cur)
        else
            echo $line
        end
    end
end
complete -c promoter -f -a '(__promoter_complete)'
`;

/** What a shell is to read so that it completes the program's commands, flags and values. */
export const COMPLETION_SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
