# SPDX-License-Identifier: GPL-2.0
load 'report/plots/common.gp'
set logscale xy 2
set xtics @SIZES
set ytics @SIZES
set yrange [2048:2**26]
set xrange [2**21:2**33]
plot data.'/swapped.dat' using 1:2 with linespoints linestyle 1 title 'stock', \
	'' using 1:3 with linespoints linestyle 2 title 'changed', \
	'' using 1:(limit($1)) with lines linestyle 4 title 'limit'
