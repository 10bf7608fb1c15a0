# SPDX-License-Identifier: GPL-2.0
load 'report/plots/common.gp'
set xrange [0:5.2]
set yrange [0:]
set xlabel 'GiB'
set ylabel 'million instructions'
plot data.'/anon.dat' using ($1/GiB):($8/1e6) with linespoints linestyle 1 title 'stock', \
	'' using ($1/GiB):($9/1e6) with linespoints linestyle 2 title 'changed', \
	'' using ($1/GiB):($10/1e6) with linespoints linestyle 3 title 'hugetlbfs'
