// SPDX-License-Identifier: GPL-2.0
/*
 * load PORT: fills a memcached on this machine, deletes three quarters of it,
 * fills it with items of other sizes and reads all. Each item says which it is,
 * and in which round it was set. What is said, and to whom:
 * guest/programs/debian.c.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ITEMS	80000

static FILE *server_in, *server_out;

static _Noreturn void die(const char *why)
{
	printf("load: %s\n", why);
	fflush(stdout);
	_exit(EXIT_FAILURE);
}

static void reach(int port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)))
		die("nobody listens at that port");
	server_in = fdopen(fd, "r");
	server_out = fdopen(dup(fd), "w");
	if (!server_in || !server_out)
		die("fdopen");
}

static size_t size_of(int item, int round)
{
	uint64_t x = (item + 1) * 0x9e3779b97f4a7c15u + round * 0xbf58476d1ce4e5b9u;

	x = (x ^ (x >> 30)) * 0x94d049bb133111eb;
	return 100 + (x >> 33) % (round ? 6000 : 5000);
}

static bool goes(int item)
{
	return item % 4;
}

static char tag(int item, int round)
{
	return 'a' + (item * 7 + round) % 26;
}

static void set(int item, int round)
{
	static char value[8192];
	size_t size = size_of(item, round);

	memset(value, tag(item, round), size);
	fprintf(server_out, "set k%d 0 0 %zu noreply\r\n", item, size);
	fwrite(value, size, 1, server_out);
	fputs("\r\n", server_out);
}

/* Whether the item is there, and looks at it. */
static bool get(int item, int round)
{
	static char value[8192];
	char line[128], end[8];
	size_t size;

	fprintf(server_out, "get k%d\r\n", item);
	fflush(server_out);
	if (!fgets(line, sizeof(line), server_in))
		die("the server is gone");
	if (!strcmp(line, "END\r\n"))
		return false;
	if (sscanf(line, "VALUE %*s %*d %zu", &size) != 1 || size != size_of(item, round) ||
	    fread(value, size, 1, server_in) != 1 || !fgets(end, sizeof(end), server_in) ||
	    !fgets(line, sizeof(line), server_in))
		die("the server answered something else");
	for (size_t i = 0; i < size; i++)
		if (value[i] != tag(item, round))
			die("an item is not what was set");
	return true;
}

static void mark(const char *name)
{
	char go[8];

	printf("mark %s\n", name);
	fflush(stdout);
	if (!fgets(go, sizeof(go), stdin))
		die("nobody listens");
}

static void answer(const char *name, int round)
{
	int there = 0;
	size_t bytes = 0;

	for (int i = 0; i < ITEMS; i++) {
		int of = round && goes(i);

		if (!get(i, of))
			continue;
		there++;
		bytes += size_of(i, of);
	}
	printf("answer %s %d %zu\n", name, there, bytes);
}

int main(int argc, char **argv)
{
	reach(argc == 2 ? atoi(argv[1]) : 0);
	for (int i = 0; i < ITEMS; i++)
		set(i, 0);
	fflush(server_out);
	get(0, 0);
	mark("filled");
	answer("filled", 0);
	for (int i = 0; i < ITEMS; i++)
		if (goes(i))
			fprintf(server_out, "delete k%d noreply\r\n", i);
	for (int i = 0; i < ITEMS; i++)
		if (goes(i))
			set(i, 1);
	fflush(server_out);
	get(0, 0);
	mark("refilled");
	answer("refilled", 1);
	return EXIT_SUCCESS;
}
