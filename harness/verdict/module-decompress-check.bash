# SPDX-License-Identifier: GPL-2.0
# Completion of module-decompress-check for bash

_module_decompress_check()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} option

	# bash splits --kconfig=FILE at the "=".
	if [[ $word == = ]]; then
		option=$before word=
	elif [[ $before == = ]]; then
		option=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	case $option in
	--kmod)
		mapfile -t COMPREPLY < <(compgen -W 'none 30 34 34+ZLIB' -- "$word")
		return ;;
	--kconfig)
		mapfile -t COMPREPLY < <(compgen -W any -- "$word"; compgen -f -- "$word")
		return ;;
	--root)
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
		return ;;
	esac
	if [[ -z $option && $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(module-decompress-check --help |
			grep -o -- '--[a-z][a-z-]*=\?' | sort -u)" -- "$word")
		[[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace
		return
	fi
	mapfile -t COMPREPLY < <(compgen -f -- "$word")
}

complete -o filenames -F _module_decompress_check module-decompress-check
