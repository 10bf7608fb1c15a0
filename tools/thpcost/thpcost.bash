# SPDX-License-Identifier: GPL-2.0
# bash completion of thpcost

_thpcost()
{
	local cur=$2 prev=$3
	local columns='TYPE PID NAME THP ZERO TABLES DEPOSIT GAIN GAIN% MAX PROCS UNREAD'
	local watch='TIME THP TABLES GAIN CHANGE FAULTS SPLITS FAILED'
	local head rest

	COMPREPLY=()
	case $prev in
	-o|--output)
		case " ${COMP_WORDS[*]} " in
		*' -w '*|*' --watch '*) columns=$watch ;;
		esac
		rest=${cur##*[,+]}
		head=${cur%"$rest"}
		mapfile -t COMPREPLY < <(compgen -P "$head" -W "$columns" -- "$rest")
		compopt -o nospace
		return
		;;
	-p|--pid)
		rest=${cur##*,}
		head=${cur%"$rest"}
		mapfile -t COMPREPLY < <(cd /proc && compgen -P "$head" -W "$(echo [1-9]*)" -- "$rest")
		compopt -o nospace
		return
		;;
	-P|--prometheus)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		compopt -o filenames
		return
		;;
	--sysroot)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		compopt -o filenames
		return
		;;
	-d|--depth|-t|--top|-w|--watch|-N|--count|-h|--help|-V|--version)
		return
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W '--system --pid --cgroup --depth --top --all --watch --count
		--prometheus --check --json --raw --bytes --noheadings --output --output-all --sysroot
		--help --version' -- "$cur")
}
complete -F _thpcost thpcost
