// SPDX-License-Identifier: GPL-2.0
/*
 * Checks that standard input is a JSON object of one array of rows, and prints
 * each row's values as words, strings without their quotes.
 */
#include <cjson/cJSON.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_row(const cJSON *row)
{
	const cJSON *value;
	char *text;

	cJSON_ArrayForEach(value, row) {
		if (cJSON_IsString(value))
			fputs(value->valuestring, stdout);
		else if (cJSON_IsNumber(value) && strchr(value->string, '%'))
			printf("%.1f", value->valuedouble);
		else if ((text = cJSON_PrintUnformatted(value)))
			fputs(text, stdout);
		putchar(value->next ? ' ' : '\n');
	}
}

int main(void)
{
	static char text[1 << 20];
	size_t len = fread(text, 1, sizeof(text) - 1, stdin);
	const char *end;
	const cJSON *row;
	cJSON *all = cJSON_ParseWithLengthOpts(text, len + 1, &end, 1);

	if (!all || !cJSON_IsArray(all->child) || all->child->next)
		errx(EXIT_FAILURE, "no JSON object of one array");
	cJSON_ArrayForEach(row, all->child)
		print_row(row);
	cJSON_Delete(all);
	return EXIT_SUCCESS;
}
