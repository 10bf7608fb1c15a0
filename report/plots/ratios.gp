# SPDX-License-Identifier: GPL-2.0
load 'report/plots/common.gp'
ratios = data.'/ratios.dat'
stats ratios using 1 nooutput
rows = STATS_records + STATS_invalid
set terminal svg size 460,(50 + 19 * rows) dynamic font 'sans-serif,13' background '#ffffff'
unset key
unset border
set grid noytics
set lmargin at screen 0.49
set rmargin at screen 0.99
set yrange [rows - 0.4:-0.8]
set ytics scale 0
set xrange [0:1.3]
set xtics ('0' 0, '0.5' 0.5, '1' 1)
set arrow from 1, graph 0 to 1, graph 1 nohead linewidth 1 linecolor rgb 'black' front
color(r) = r < 0.99 ? 0x2f86d1 : r > 1.01 ? 0xd9661f : 0x9aa3ad
# The numbers stand in a column of their own.
plot ratios using (0):0:(0):1:($0 - 0.36):($0 + 0.36):(color($1)) with boxxyerror \
		fillstyle solid 1 noborder linecolor rgb variable, \
	'' using (0):0:(''):ytic(2) with labels, \
	'' using (1.3):0:3 with labels right
