# SPDX-License-Identifier: GPL-2.0
# bash completion of thpcost

_thpcost()
{
	local cur=$2 prev=$3
	local columns='TYPE PID USER NAME COMMAND CGROUP THP ZERO TABLES DEPOSIT GAIN GAIN% RAM% MAX PROCS UNREAD'
	local watch='TIME THP TABLES GAIN CHANGE FAULTS SPLITS FAILED'
	local sum='HOST KERNEL DEPOSITS RAM THP ZERO TABLES DEPOSIT GAIN MAX PROCS UNREAD TIME'
	local head rest

	COMPREPLY=()
	case $prev in
	-o|--output)
		case " ${COMP_WORDS[*]} " in
		*' -w '*|*' --watch '*) columns=$watch ;;
		*' --sum '*) columns=$sum ;;
		esac
		rest=${cur##*[,+]}
		head=${cur%"$rest"}
		mapfile -t COMPREPLY < <(compgen -P "$head" -W "$columns" -- "$rest")
		compopt -o nospace
		return
		;;
	-S|--sort)
		mapfile -t COMPREPLY < <(compgen -W "$columns" -- "$cur")
		return
		;;
	-g|--group-by)
		mapfile -t COMPREPLY < <(compgen -W 'name user' -- "$cur")
		return
		;;
	-p|--pid)
		rest=${cur##*,}
		head=${cur%"$rest"}
		mapfile -t COMPREPLY < <(cd /proc && compgen -P "$head" -W "$(echo [1-9]*)" -- "$rest")
		compopt -o nospace
		return
		;;
	-P|--prometheus|--sum)
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
	mapfile -t COMPREPLY < <(compgen -W '--system --pid --cgroup --depth --memory-stat --group-by --top
		--sort --all --watch --count --prometheus --check --sum --json --raw --bytes --noheadings --output
		--output-all --no-trunc --sysroot --help --version' -- "$cur")
}
complete -F _thpcost thpcost
