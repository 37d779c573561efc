#compdef tako
# Completion of tako for zsh; "tako completion zsh" prints it.

_tako() {
  local -a lines candidates
  local line
  lines=("${(@f)$(tako __complete -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  for line in $lines; do
    case $line in
      :files*) _files; return ;;
      :folders*) _files -/; return ;;
      *) candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
    esac
  done
  _describe -t values tako candidates
}

# As a file of fpath it is the function; read by a shell that runs, it has to be told of.
if [[ $funcstack[1] == _tako ]]; then
  _tako "$@"
else
  compdef _tako tako
fi
