// SPDX-License-Identifier: GPL-2.0

// churn MIB: slices of many sizes, three quarters of which are dropped, their
// memory returned and taken again. Each slice says which it is, and is looked at.
package main

import (
	"bufio"
	"fmt"
	"math/rand"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
)

type churn struct {
	live   map[int][]byte
	bytes  int
	next   int
	random *rand.Rand
}

var in = bufio.NewReader(os.Stdin)

func die(why string) {
	fmt.Println("churn:", why)
	os.Exit(1)
}

func mark(name string) {
	fmt.Println("mark", name)
	if _, err := in.ReadString('\n'); err != nil {
		die("nobody listens")
	}
}

func tag(key int) byte {
	return byte(key*31 + 7)
}

func (c *churn) fill(target int) {
	for c.bytes < target {
		slice := make([]byte, 64+c.random.Intn(32768))
		for i := range slice {
			slice[i] = tag(c.next)
		}
		c.live[c.next] = slice
		c.next++
		c.bytes += len(slice)
	}
}

func (c *churn) empty() {
	for key := 0; key < c.next; key++ {
		if slice, there := c.live[key]; there && c.random.Intn(4) > 0 {
			delete(c.live, key)
			c.bytes -= len(slice)
		}
	}
}

func (c *churn) answer(name string) {
	var sum uint64
	for key := 0; key < c.next; key++ {
		slice, there := c.live[key]
		if !there {
			continue
		}
		for _, b := range slice {
			if b != tag(key) {
				die(fmt.Sprint("slice ", key, " is not what was written"))
			}
		}
		sum = sum*31 + uint64(len(slice)+key)
	}
	fmt.Printf("answer %s %x %d\n", name, sum, c.bytes)
}

func main() {
	if len(os.Args) != 2 {
		die("how many MiB?")
	}
	mib, err := strconv.Atoi(os.Args[1])
	if err != nil {
		die(err.Error())
	}
	c := &churn{live: map[int][]byte{}, random: rand.New(rand.NewSource(1))}
	for round := 0; round < 2; round++ {
		c.fill(mib << 20)
		if round == 0 {
			mark("filled")
			c.answer("filled")
		}
		c.empty()
		debug.FreeOSMemory()
		runtime.GC()
		if round == 0 {
			mark("emptied")
			c.answer("emptied")
		}
	}
	c.fill(mib << 20)
	mark("refilled")
	c.answer("refilled")
}
