// SPDX-License-Identifier: GPL-2.0
/*
 * Checks standard input against what a Grafana dashboard of its schemaVersion must
 * have, and prints its queries, one a line, with what Grafana would put in for its
 * variables.
 */
#include <cjson/cJSON.h>
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * 33 made a data source an object of type and uid, 36 did so for annotations and
 * variables; a panel type that came later would not be shown.
 */
#define SCHEMA_MIN	36
#define SCHEMA_MAX	39
#define GRID_WIDTH	24
#define PANELS_MAX	64

static const char *const panel_types[] = { "stat", "timeseries", "bargauge", "table", NULL };

static const cJSON *need(const cJSON *object, const char *name, int (*is)(const cJSON *), const char *where)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	if (!item || !is(item))
		errx(EXIT_FAILURE, "%s: no proper \"%s\"", where, name);
	return item;
}

static const char *need_text(const cJSON *object, const char *name, const char *where)
{
	const char *text = need(object, name, cJSON_IsString, where)->valuestring;

	if (!*text)
		errx(EXIT_FAILURE, "%s: \"%s\" is empty", where, name);
	return text;
}

static int need_number(const cJSON *object, const char *name, const char *where)
{
	return need(object, name, cJSON_IsNumber, where)->valueint;
}

static void check_datasource(const cJSON *object, const char *where)
{
	const cJSON *source = need(object, "datasource", cJSON_IsObject, where);

	if (strcmp(need_text(source, "type", where), "prometheus") ||
	    strcmp(need_text(source, "uid", where), "${datasource}"))
		errx(EXIT_FAILURE, "%s: the data source is not the variable", where);
}

/* Returns behind @word where @text begins with it. */
static const char *behind(const char *text, const char *word)
{
	return strncmp(text, word, strlen(word)) ? NULL : text + strlen(word);
}

static void print_query(const char *query, const char *where)
{
	const char *next;

	for (; *query; query = next) {
		if ((next = behind(query, "$__rate_interval")))
			fputs("10s", stdout);
		else if ((next = behind(query, "$instance")))
			fputs(".*", stdout);
		else if (*query == '$')
			errx(EXIT_FAILURE, "%s: unknown variable %.12s", where, query);
		else
			putchar(*query), next = query + 1;
	}
	putchar('\n');
}

static void check_targets(const cJSON *panel, const char *where)
{
	const cJSON *targets = need(panel, "targets", cJSON_IsArray, where), *target;
	unsigned int seen = 0;

	if (!targets->child)
		errx(EXIT_FAILURE, "%s: no query", where);
	cJSON_ArrayForEach(target, targets) {
		const char *id = need_text(target, "refId", where);

		if (*id < 'A' || *id > 'Z' || id[1] || seen & 1U << (*id - 'A'))
			errx(EXIT_FAILURE, "%s: refId %s", where, id);
		seen |= 1U << (*id - 'A');
		check_datasource(target, where);
		print_query(need_text(target, "expr", where), where);
	}
}

struct place {
	int id, x, y, w, h;
};

static bool overlap(const struct place *a, const struct place *b)
{
	return a->x < b->x + b->w && b->x < a->x + a->w && a->y < b->y + b->h && b->y < a->y + a->h;
}

static struct place check_panel(const cJSON *panel)
{
	const char *title = need_text(panel, "title", "panel");
	const char *type = need_text(panel, "type", title);
	const cJSON *grid = need(panel, "gridPos", cJSON_IsObject, title);
	struct place place = {
		need_number(panel, "id", title), need_number(grid, "x", title), need_number(grid, "y", title),
		need_number(grid, "w", title), need_number(grid, "h", title),
	};
	size_t i = 0;

	while (panel_types[i] && strcmp(panel_types[i], type))
		i++;
	if (!panel_types[i])
		errx(EXIT_FAILURE, "%s: no panel type of that schema: %s", title, type);
	if (place.x < 0 || place.y < 0 || place.w < 1 || place.h < 1 || place.x + place.w > GRID_WIDTH)
		errx(EXIT_FAILURE, "%s: is beside the grid", title);
	check_datasource(panel, title);
	check_targets(panel, title);
	return place;
}

static void check_variables(const cJSON *all)
{
	const cJSON *list = need(need(all, "templating", cJSON_IsObject, "dashboard"), "list", cJSON_IsArray, "templating");
	const cJSON *variable;

	cJSON_ArrayForEach(variable, list) {
		const char *name = need_text(variable, "name", "variable");
		const char *type = need_text(variable, "type", name);

		need_text(variable, "query", name);
		if (!strcmp(type, "query"))
			check_datasource(variable, name);
		else if (strcmp(type, "datasource"))
			errx(EXIT_FAILURE, "%s: no variable type that is used here: %s", name, type);
	}
}

int main(void)
{
	static char text[1 << 20];
	size_t len = fread(text, 1, sizeof(text) - 1, stdin);
	cJSON *all = cJSON_ParseWithLengthOpts(text, len + 1, NULL, 1);
	struct place places[PANELS_MAX];
	const cJSON *panel;
	size_t count = 0;
	int schema;

	if (!all)
		errx(EXIT_FAILURE, "no JSON");
	schema = need_number(all, "schemaVersion", "dashboard");
	if (schema < SCHEMA_MIN || schema > SCHEMA_MAX)
		errx(EXIT_FAILURE, "schemaVersion %d is not known here", schema);
	need_text(all, "title", "dashboard");
	if (strlen(need_text(all, "uid", "dashboard")) > 40)
		errx(EXIT_FAILURE, "uid is longer than 40");
	need(need(all, "time", cJSON_IsObject, "dashboard"), "from", cJSON_IsString, "time");
	check_variables(all);
	cJSON_ArrayForEach(panel, need(all, "panels", cJSON_IsArray, "dashboard")) {
		if (count == PANELS_MAX)
			errx(EXIT_FAILURE, "too many panels");
		places[count] = check_panel(panel);
		for (size_t i = 0; i < count; i++)
			if (places[i].id == places[count].id || overlap(&places[i], &places[count]))
				errx(EXIT_FAILURE, "panels %d and %d overlap", places[i].id, places[count].id);
		count++;
	}
	cJSON_Delete(all);
	return EXIT_SUCCESS;
}
