# SPDX-License-Identifier: GPL-2.0
# What all plots share. data is the folder of plotdata's files (gnuplot -e).
set terminal svg size 460,320 dynamic font 'sans-serif,14' background '#ffffff'
set encoding utf8
set border 3 linewidth 1
set tics nomirror out
set grid ytics linewidth 0.5 linecolor rgb '#9aa3ad' dashtype 3
set key top left Left reverse samplen 2
STOCK = '#d9661f'
CHANGED = '#2f86d1'
HUGETLBFS = '#7d8590'
LIMIT = '#7d8590'
set style line 1 linecolor rgb STOCK linewidth 2.5 pointtype 7 pointsize 0.5
set style line 2 linecolor rgb CHANGED linewidth 2.5 pointtype 7 pointsize 0.5
set style line 3 linecolor rgb HUGETLBFS linewidth 1 pointtype 6 pointsize 1
set style line 4 linecolor rgb LIMIT linewidth 1 dashtype 2
GiB = 2.0**30
# One PMD table for each GiB.
limit(x) = 4096 * ceil(x / GiB)
# Sizes; gnuplot's own prefix would be kiB.
set mxtics 1
set mytics 1
SIZES = "('4 KiB' 2**12, '64 KiB' 2**16, '1 MiB' 2**20, '16 MiB' 2**24, '256 MiB' 2**28, '4 GiB' 2**32, '64 GiB' 2**36, '1 TiB' 2**40)"
