# Completion of tako for fish; "tako completion fish" prints it.

function __tako_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in (tako __complete -- $words[2..] 2>/dev/null)
        switch $line
            case ':files*'
                __fish_complete_path (commandline -ct)
            case ':folders*'
                __fish_complete_directories (commandline -ct)
            case '*'
                echo $line
        end
    end
end

complete -c tako -f -a '(__tako_complete)'
