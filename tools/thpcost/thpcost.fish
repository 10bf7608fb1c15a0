# SPDX-License-Identifier: GPL-2.0
# fish completion of thpcost

function __thpcost_columns
    if __fish_contains_opt -s w watch
        set columns TIME THP TABLES GAIN CHANGE FAULTS SPLITS FAILED
    else if __fish_contains_opt sum
        set columns HOST KERNEL DEPOSITS RAM THP ZERO TABLES DEPOSIT GAIN MAX PROCS UNREAD TIME
    else
        set columns TYPE PID USER NAME COMMAND CGROUP THP ZERO TABLES DEPOSIT GAIN GAIN% RAM% MAX PROCS UNREAD
    end
    printf '%s\n' $columns
end

complete -c thpcost -f -n 'not __fish_contains_opt sum'
complete -c thpcost -s s -l system -d 'the system alone, no processes'
complete -c thpcost -s p -l pid -x -a '(__fish_append , (__fish_complete_pids))' -d 'these processes alone'
complete -c thpcost -s c -l cgroup -d 'cgroups instead of processes'
complete -c thpcost -s d -l depth -x -d 'add cgroups up, so many levels below'
complete -c thpcost -s m -l memory-stat -d 'of cgroups what the kernel counts'
complete -c thpcost -s g -l group-by -x -a 'name user' -d 'those together instead of processes'
complete -c thpcost -s t -l top -x -d 'the largest alone'
complete -c thpcost -s S -l sort -x -a '(__thpcost_columns)' -d 'largest of that column first'
complete -c thpcost -s a -l all -d 'also those without THPs'
complete -c thpcost -s w -l watch -x -d 'a row of what happened in each interval'
complete -c thpcost -s N -l count -x -d 'end after so many intervals'
complete -c thpcost -s P -l prometheus -r -d 'write text for Prometheus'
complete -c thpcost -s C -l check -d 'whether this kernel deposits, tried out'
complete -c thpcost -l sum -d 'add up what machines said with --json'
complete -c thpcost -s J -l json -d 'use JSON output format'
complete -c thpcost -s r -l raw -d 'use raw output format'
complete -c thpcost -s b -l bytes -d 'print sizes in bytes'
complete -c thpcost -s n -l noheadings -d 'don\'t print headings'
complete -c thpcost -s o -l output -x -a '(__fish_append , (__thpcost_columns))' -d 'output columns'
complete -c thpcost -l output-all -d 'output all columns'
complete -c thpcost -l no-trunc -d 'don\'t shorten what is too wide'
complete -c thpcost -l sysroot -x -a '(__fish_complete_directories)' -d 'use proc and sys in that folder'
complete -c thpcost -s h -l help -d 'display help'
complete -c thpcost -s V -l version -d 'display version'
