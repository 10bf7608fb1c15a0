// SPDX-License-Identifier: GPL-2.0
/*
 * Checks that standard input is what --json prints, of a machine or a sum, and prints
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
	const cJSON *row, *rows;
	cJSON *all = cJSON_ParseWithLengthOpts(text, len + 1, &end, 1);

	rows = cJSON_GetObjectItemCaseSensitive(all, "thpcost");
	if (!cJSON_IsArray(rows) || rows->next ||
	    (rows != all->child && (strcmp(all->child->string, "machine") || all->child->next != rows)))
		errx(EXIT_FAILURE, "no JSON object of machine and rows");
	cJSON_ArrayForEach(row, rows)
		print_row(row);
	cJSON_Delete(all);
	return EXIT_SUCCESS;
}
