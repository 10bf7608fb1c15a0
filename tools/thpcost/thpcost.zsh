#compdef thpcost
# SPDX-License-Identifier: GPL-2.0
# zsh completion of thpcost

local -a columns
columns=(TYPE PID USER NAME COMMAND CGROUP THP ZERO TABLES DEPOSIT GAIN GAIN% RAM% MAX PROCS UNREAD)
if (( ${words[(I)-w|--watch]} )); then
	columns=(TIME THP TABLES GAIN CHANGE FAULTS SPLITS FAILED)
elif (( ${words[(I)--sum]} )); then
	columns=(HOST KERNEL DEPOSITS RAM THP ZERO TABLES DEPOSIT GAIN MAX PROCS UNREAD TIME)
fi

_arguments -s \
	'(-s --system)'{-s,--system}'[the system alone, no processes]' \
	'(-p --pid)'{-p,--pid}'[these processes alone]:processes:_sequence _pids' \
	'(-c --cgroup)'{-c-,--cgroup=-}'[cgroups instead of processes]::path:' \
	'(-d --depth)'{-d,--depth}'[add cgroups up, so many levels below]:levels:' \
	'(-m --memory-stat)'{-m,--memory-stat}'[of cgroups what the kernel counts]' \
	'(-g --group-by)'{-g,--group-by}'[those together instead of processes]:what:(name user)' \
	'(-t --top)'{-t,--top}'[the largest alone]:rows:' \
	'(-S --sort)'{-S,--sort}'[largest of that column first]:column:($columns)' \
	'(-a --all)'{-a,--all}'[also those without THPs]' \
	'(-w --watch)'{-w,--watch}'[a row of what happened in each interval]:seconds:' \
	'(-N --count)'{-N,--count}'[end after so many intervals]:intervals:' \
	'(-P --prometheus)'{-P,--prometheus}'[write text for Prometheus]:file:_files' \
	'(-C --check)'{-C,--check}'[whether this kernel deposits, tried out]' \
	'--sum[add up what machines said with --json]' \
	'(-J --json)'{-J,--json}'[use JSON output format]' \
	'(-r --raw)'{-r,--raw}'[use raw output format]' \
	'(-b --bytes)'{-b,--bytes}'[print sizes in bytes]' \
	'(-n --noheadings)'{-n,--noheadings}"[don't print headings]" \
	'(-o --output)'{-o,--output}'[output columns]:columns:_values -s , column $columns' \
	'--output-all[output all columns]' \
	"--no-trunc[don't shorten what is too wide]" \
	'--sysroot[use proc and sys in that folder]:folder:_files -/' \
	'(-h --help)'{-h,--help}'[display help]' \
	'(-V --version)'{-V,--version}'[display version]' \
	'*:file:_files'
