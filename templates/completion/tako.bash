# Completion of tako for bash 4.3 or later; "tako completion bash" prints it.

_tako() {
  local -a words=()
  local word previous='' line last
  local i
  # bash takes --flag=value apart.
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ ${#words[@]} -gt 0 && ${words[-1]} == --* && ($word == '=' || $previous == '=') ]]; then
      words[-1]+=$word
    else
      words+=("$word")
    fi
    previous=$word
  done
  last=${words[-1]}
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :files*) compopt -o default ;;
      :folders*) compopt -o dirnames ;;
      *)
        word=${line%%$'\t'*}
        if [[ $last == --*=* ]]; then word=${word#*=}; fi
        COMPREPLY+=("$word")
        ;;
    esac
  done < <(tako __complete -- "${words[@]}" 2>/dev/null)
}

complete -F _tako tako
