# SPDX-License-Identifier: GPL-2.0
load 'report/plots/common.gp'
set xtics 0, 16
set xrange [0:66]
set yrange [0:]
set xlabel 'processes forked'
set ylabel 'million instructions'
plot data.'/processes.dat' using 1:($11/1e6) with linespoints linestyle 1 title 'stock', \
	'' using 1:($12/1e6) with linespoints linestyle 2 title 'changed', \
	'' using 1:($13/1e6) with linespoints linestyle 3 title 'hugetlbfs'
