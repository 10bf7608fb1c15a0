# SPDX-License-Identifier: GPL-2.0
load 'report/plots/common.gp'
set logscale x 2
set logscale y 10
set xtics @SIZES
set format y '10^{%L}'
set ylabel 'instructions'
plot data.'/zero.dat' using 1:5 with linespoints linestyle 1 title 'stock', \
	'' using 1:6 with linespoints linestyle 2 title 'changed'
