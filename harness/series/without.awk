# SPDX-License-Identifier: GPL-2.0
#
# awk -v names='NAME ...' -f without.awk FILE: print a C file without these names. At the
# top level it drops the definition of a name; elsewhere each statement, member, row of a
# table or macro that uses a name, and the name's line in kernel-doc.
#
# NAME=OTHER replaces NAME by OTHER where it is used as a value. A NAME can be a header.
#
# It parses the kernel's coding style, not C. If a name is left in code that it cannot
# drop, the compiler reports the name.

# Return a line without comments and the contents of strings
function code_of(line,  out, at) {
	gsub(/"([^"\\]|\\.)*"/, "\"\"", line)
	gsub(/'([^'\\]|\\.)'/, "0", line)
	sub(/^\/\/.*/, "", line)
	while (line != "") {
		if (in_comment) {
			at = index(line, "*/")
			if (!at)
				return out
			line = substr(line, at + 2)
			in_comment = 0
		} else {
			at = index(line, "/*")
			if (!at)
				return out line
			out = out substr(line, 1, at - 1)
			line = substr(line, at + 2)
			in_comment = 1
		}
	}
	return out
}

function uses(text) {
	return text ~ pattern
}

function is_named(name) {
	return name in named
}

# Return the number of opening brackets minus the number of closing brackets
function depth_of(text, opens, closes,  all) {
	all = text
	return gsub("[" opens "]", "", all) - gsub("[" closes "]", "", text)
}

# Return the last line of the block that opens on line I or above
function block_end(i,  depth, text) {
	# "} else {" ends another block first
	text = code[i]
	sub(/^[ \t]*}/, "", text)
	for (depth = 0; i <= n; text = code[++i]) {
		depth += depth_of(text, "{", "}")
		if (depth <= 0)
			return i
	}
	return n
}

# Return the last line of the head of a block, or of a statement without braces
function head_end(i,  depth) {
	for (depth = 0; i <= n; i++) {
		depth += depth_of(code[i], "([", ")\\]")
		if (depth <= 0 && (is_control(first) || code[i] ~ /[;{}:,][ \t]*$/ ||
		    code[i + 1] ~ /^}/))
			return i
	}
	return n
}

function is_control(i) {
	return code[i] ~ /^\t+(} )?(if|for|while|else|switch|[a-z_]*for_each[a-z_]*)([ (]|$)/
}

# Return the last line of the statement that begins on line I
function statement_end(i,  at, first_was) {
	if (code[i] ~ /^#/) {
		while (code[i] ~ /\\$/)
			i++
		return i
	}
	first_was = first
	first = i
	at = head_end(i)
	first = first_was
	if (code[at] ~ /{[ \t]*$/) {
		at = block_end(at)
		if (code[at] ~ /} else/)
			return statement_end(at)
	} else if (is_control(i)) {
		at = statement_end(at + 1)
	} else {
		return at
	}
	if (code[at + 1] ~ /^\t+else/)
		return statement_end(at + 1)
	return at
}

# Replace a name by another one where it is used as a value
function replace(name, other,  i, rest) {
	for (i = 1; i <= n; i++)
		while (match(code[i], "= " name "[,;]")) {
			rest = substr(code[i], RSTART + RLENGTH - 1)
			code[i] = line[i] = substr(code[i], 1, RSTART + 1) other rest
		}
}

function drop(from, to) {
	for (; from <= to; from++)
		gone[from] = 1
}

# Drop the comment that ends above line I
function drop_comment_above(i) {
	while (i > 1 && code[i - 1] ~ /^[ \t]*$/ && line[i - 1] !~ /^[ \t]*$/)
		gone[--i] = 1
}

function text_of(from, to,  text) {
	for (; from <= to; from++)
		text = text " " code[from]
	return text
}

# Return the name that the top-level statement at line I defines
function defined(i,  text, at, depth, c) {
	text = code[i]
	if (text ~ /^(struct|enum|union) [a-z_]+ {/) {
		split(text, words, " ")
		return words[2]
	}
	if (text ~ /(struct|enum|union) {$/) {
		while (code[++i] !~ /^}/)
			;
		text = substr(code[i], 2)
	}
	while (text !~ /[;{=]/ && i < n)
		text = text " " code[++i]
	sub(/[ \t]*[;{=].*/, "", text)
	sub(/[ \t]*__[a-z]+$/, "", text)
	sub(/\[[^]]*\]$/, "", text)
	if (text ~ /\)[ \t]*$/) {
		for (at = length(text); at; at--) {
			c = substr(text, at, 1)
			depth += (c == ")") - (c == "(")
			if (c == "(" && !depth)
				break
		}
		text = substr(text, 1, at - 1)
	}
	return match(text, /[A-Za-z0-9_]+[ \t]*$/) ? substr(text, RSTART, RLENGTH) : ""
}

# Drop the statements between two lines that use a name
function look_through(from, to,  at, end, head, was, kept, i, only) {
	for (at = from; at <= to; at = end + 1) {
		end = at
		if (code[at] ~ /^[ \t]*(}|$)/)
			continue
		end = statement_end(at)
		if (end > to)
			end = to
		was = first
		first = at
		head = code[at] ~ /^#/ ? end : head_end(at)
		first = was
		# Drop a row of a table as a whole.
		if (uses(text_of(at, code[at] ~ /^\t+{$/ ? end : head)) ||
		    (is_control(at) && code[head] !~ /{[ \t]*$/ && uses(text_of(at, end)))) {
			if (text_of(head + 1, end) ~ /(^|[ \t}])else[ \t]/) {
				print FILENAME ": line " at ": it has an else" >"/dev/stderr"
				failed = 1
			}
			drop(at, end)
			drop_comment_above(at)
		} else if (code[head] ~ /{[ \t]*$/) {
			look_through(head + 1, end - 1)
			kept = 0
			for (i = head + 1; i < end; i++)
				if (!gone[i] && line[i] !~ /^[ \t]*$/) {
					kept++
					only = i
				}
			if (!kept && end - head > 1) {
				drop(at, end)
				drop_comment_above(at)
			} else if (kept == 1 && end - head > 2 && code[at] ~ /^\t+if / &&
				   at == head && code[end] ~ /^\t+}$/) {
				sub(/ {[ \t]*$/, "", line[head])
				gone[end] = 1
			}
		}
	}
}

{
	line[++n] = $0
	code[n] = code_of($0)
}

END {
	count = split(names, list, " ")
	for (i = 1; i <= count; i++) {
		if (split(list[i], words, "=") == 2) {
			replace(words[1], words[2])
			list[i] = words[1]
		}
		named[list[i]] = 1
		either = either (i > 1 ? "|" : "") list[i]
	}
	included = "[/\"<](" either ")[>\"]"
	pattern = "(^|[^A-Za-z0-9_])(" either ")([^A-Za-z0-9_]|$)"

	for (at = 1; at <= n; at = end + 1) {
		end = at
		# Note a dropped #define: its #undef is dropped below.
		if (code[at] ~ /^#/) {
			end = statement_end(at)
			if (code[at] ~ /^#include/ && line[at] ~ included)
				drop(at, end)
			if (code[at] ~ /^#define/ && uses(text_of(at, end))) {
				drop(at, end)
				if (line[end + 1] == "")
					drop_comment_above(at)
				split(code[at], words, /[ \t(]+/)
				undefined[words[2]] = 1
			}
			continue
		}
		if (code[at] ~ /^[ \t]*$/)
			continue
		end = statement_end(at)
		if (code[end] !~ /[;}]/ && code[end + 1] ~ /^{/)
			end = block_end(end + 1)
		if (is_named(defined(at)) || code[at] ~ /^[A-Z_]+\(/ && uses(text_of(at, end))) {
			drop(at, end)
			if (line[end + 1] == "")
				drop_comment_above(at)
		} else {
			for (head = at; head < end && code[head] !~ /{[ \t]*$/; head++)
				;
			if (head < end)
				look_through(head + 1, end - 1)
		}
	}
	for (i = 1; i <= n; i++) {
		if (code[i] ~ /^#undef/) {
			split(code[i], words, " ")
			if (words[2] in undefined)
				gone[i] = 1
		}
		# Drop the lines of a name in kernel-doc.
		if (line[i] ~ /^ \* @[a-z_]+:/) {
			name = line[i]
			gsub(/^ \* @|:.*/, "", name)
			about = is_named(name)
		} else if (line[i] !~ /^ \*\t/) {
			about = 0
		}
		if (about)
			gone[i] = 1
	}
	# Drop an #if or #else that has nothing left in it.
	for (i = n; i; i--) {
		if (gone[i])
			continue
		if (line[i] ~ /^#if/ && line[next_kept] ~ /^#endif/)
			gone[i] = gone[next_kept] = 1
		else if (line[i] ~ /^#else/ && line[next_kept] ~ /^#endif/)
			gone[i] = 1
		else if (line[i] != "")
			next_kept = i
	}
	for (i = 1; i <= n; i++) {
		if (gone[i] || (line[i] == "" && (last == "" || last ~ /{$/)))
			continue
		if (line[i] ~ /^\t*}/ && pending)
			pending = 0
		if (pending)
			print ""
		pending = line[i] == ""
		last = line[i]
		if (!pending)
			print line[i]
	}
	exit failed
}
